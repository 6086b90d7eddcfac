import {
  type BeforeApplicationShutdown,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { type CommandBus, CommandHandler as HandlesCommand } from '@nestjs/cqrs';
import type { DataSource } from 'typeorm';
import { admitAnalysts } from './analysts.js';
import { Checkpoints } from './checkpoints.js';
import type { Command, CommandContext, Committed } from './command.js';
import { CommandHandler } from './command-handler.js';
import { ConsumerLoop, type ConsumerReport, type ConsumerStatus } from './consumer.js';
import { ConsumerSession } from './consumer-session.js';
import type { ContextRegistry } from './context-registry.js';
import type { Decider } from './decider.js';
import type { DomainEvent } from './event.js';
import type { EventSchemas } from './event-schemas.js';
import type { EventStore } from './event-store.js';
import type { LogTail } from './log-tail.js';
import type { Projection } from './projection.js';
import { projectionConsumer } from './projection-consumer.js';
import type { StateCache } from './state-cache.js';

type CommandClass<Cmd extends Command> = new (target: string, data: never, context: CommandContext) => Cmd;

/** A decider and the classes of the commands that it takes. */
export interface Aggregate {
  readonly commands: readonly CommandClass<Command>[];
  readonly handler: (
    store: EventStore,
    schemas: EventSchemas,
    cache: StateCache,
  ) => { execute: (command: never) => Promise<Committed> };
}

/** Ties a decider to its command classes; every class that is listed is dispatched to it. */
export function aggregate<State, Cmd extends Command, Event extends DomainEvent, Code extends string>(
  decider: Decider<State, Cmd, Event, Code>,
  commands: readonly CommandClass<Cmd>[],
): Aggregate {
  return { commands, handler: (store, schemas, cache) => new CommandHandler(decider, store, schemas, cache) };
}

/** Runs one context: binds its commands to their deciders and keeps its read models. */
export class ContextRuntime
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('projections');
  private readonly session: ConsumerSession;
  private loops: readonly ConsumerLoop[] = [];

  constructor(
    private readonly options: {
      readonly context: string;
      readonly aggregates: readonly Aggregate[];
      readonly projections: readonly Projection[];
    },
    private readonly database: DataSource,
    private readonly commandBus: CommandBus,
    private readonly store: EventStore,
    private readonly schemas: EventSchemas,
    private readonly tail: LogTail,
    private readonly contexts: ContextRegistry,
    private readonly cache: StateCache,
  ) {
    this.session = new ConsumerSession(database);
  }

  get statuses(): readonly ConsumerStatus[] {
    return this.loops.map((loop) => loop.status);
  }

  async reports(): Promise<readonly ConsumerReport[]> {
    return Promise.all(this.loops.map((loop) => loop.report()));
  }

  /** For tools that work on the read models beside the processes that keep them. */
  get readModels(): {
    readonly projections: readonly Projection[];
    readonly database: DataSource;
    readonly store: EventStore;
    readonly schemas: EventSchemas;
  } {
    const { options, database, store, schemas } = this;
    return { projections: options.projections, database, store, schemas };
  }

  onModuleInit(): void {
    for (const { commands, handler } of this.options.aggregates) {
      const instance = handler(this.store, this.schemas, this.cache);
      for (const command of commands) {
        // The bus finds a handler by the metadata of its class, so every command gets a class of its own.
        const metatype = class {};
        HandlesCommand(command as Type<Command>)(metatype);
        const wrapper = new InstanceWrapper({ metatype, instance, isResolved: true });
        this.commandBus.register([wrapper as InstanceWrapper<never>]);
      }
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    const checkpoints = new Checkpoints(this.database);
    await checkpoints.createTables();
    const { database, tail, schemas, session } = this;
    const dependencies = { database, checkpoints, tail, schemas, session };
    this.contexts.add(this.options.context, dependencies);
    const consumers = [];
    for (const projection of this.options.projections) {
      const consumer = await projectionConsumer(projection, dependencies);
      const { reached } = consumer;
      this.contexts.readModels.add(projection.name, { database, session, store: this.store, reached });
      consumers.push(consumer);
    }
    await admitAnalysts(this.database, this.options.projections, this.logger);
    this.loops = consumers.map((consumer) => new ConsumerLoop(consumer, this.logger));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /** Policies stop between the two; only then may another process have everything. */
  async onApplicationShutdown(): Promise<void> {
    await this.session.close();
  }
}
