import { Injectable } from '@nestjs/common';
import type { ConsumerDependencies } from './projection-consumer.js';
import { ReadModels } from './read-models.js';

/** What the consumers of each context in this process work with, by the context's name. */
@Injectable()
export class ContextRegistry {
  readonly readModels = new ReadModels();
  private readonly contexts = new Map<string, ConsumerDependencies>();

  add(name: string, dependencies: ConsumerDependencies): void {
    this.contexts.set(name, dependencies);
  }

  get all(): readonly ConsumerDependencies[] {
    return [...this.contexts.values()];
  }

  get names(): readonly string[] {
    return [...this.contexts.keys()];
  }

  get(name: string): ConsumerDependencies {
    const found = this.contexts.get(name);
    if (!found) throw new Error(`No context named ${name} runs in this process.`);
    return found;
  }
}
