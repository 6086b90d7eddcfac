import { Injectable, Logger } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Upstream } from './upstream.js';
import { Upstreams } from './upstreams.js';

const answerWithinMs = 2_000;

/** What each service documents of itself, read from it, so that it is what really runs. */
@Injectable()
export class ServiceDocuments {
  private readonly logger = new Logger('documents');
  private readonly known = new Map<string, OpenAPIObject>();

  constructor(private readonly upstreams: Upstreams) {}

  /** One document for all services. One that is away has what it said last, or, before that, nothing. */
  async merged(own: OpenAPIObject): Promise<OpenAPIObject> {
    const documents = await Promise.all(this.upstreams.all.map((service) => this.of(service)));
    return mergeDocuments(
      own,
      documents.flatMap((document) => document ?? []),
    );
  }

  private async of({ name, url }: Upstream): Promise<OpenAPIObject | undefined> {
    try {
      const answer = await fetch(`${url}/docs/openapi.json`, { signal: AbortSignal.timeout(answerWithinMs) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const document = (await answer.json()) as OpenAPIObject;
      this.known.set(name, document);
      return document;
    } catch (error) {
      this.logger.warn({ err: error }, `The service ${name} does not tell its routes`);
      return this.known.get(name);
    }
  }
}

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

/** What stands in several documents is the same: contexts are also served together, where names may not clash. */
export function mergeDocuments(base: OpenAPIObject, documents: readonly OpenAPIObject[]): OpenAPIObject {
  const all = [base, ...documents];
  return {
    ...base,
    paths: Object.assign({}, ...all.map(({ paths }) => paths)) as OpenAPIObject['paths'],
    components: {
      ...base.components,
      schemas: Object.assign({}, ...all.map(({ components }) => components?.schemas)) as Schemas,
    },
  };
}
