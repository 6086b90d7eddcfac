import { type DynamicModule, Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { Aggregates } from './aggregates.js';
import { type Aggregate, ContextRuntime } from './context-runtime.js';
import type { ConsumerReport, ConsumerStatus } from './consumer.js';
import { ContextRegistry } from './context-registry.js';
import { ErasureWatch } from './erasure-watch.js';
import { EventSchemas } from './event-schemas.js';
import { EventStore } from './event-store.js';
import { FanOut } from './fan-out.js';
import { LiveEvents } from './live-events.js';
import { LogTail } from './log-tail.js';
import { PersonalData } from './personal-data.js';
import { PolicyTransport } from './policy-transport.js';
import type { Projection } from './projection.js';
import { StateCache } from './state-cache.js';

/**
 * The kernel in a Nest application: `forRoot` once a process, `forContext` once a bounded context.
 * Personal values are sealed with the keys of the provider SubjectKeys.
 */
@Global()
@Module({})
export class EventSourcingModule implements OnApplicationShutdown {
  constructor(
    private readonly tail: LogTail,
    private readonly store: EventStore,
  ) {}

  static forRoot(options: { readonly eventStoreUrl: string; readonly schemas: EventSchemas }): DynamicModule {
    return {
      module: EventSourcingModule,
      imports: [CqrsModule.forRoot()],
      providers: [
        { provide: EventSchemas, useValue: options.schemas },
        {
          provide: EventStore,
          useFactory: (keys?: SubjectKeys) => EventStore.connect(options.eventStoreUrl, new PersonalData(keys)),
          inject: [{ token: SubjectKeys, optional: true }],
        },
        { provide: LogTail, useFactory: guardingTail, inject: [EventStore] },
        { provide: StateCache, useFactory: () => new StateCache() },
        Aggregates,
        ContextRegistry,
        FanOut,
        PolicyTransport,
        LiveEvents,
        ErasureWatch,
      ],
      exports: [
        CqrsModule,
        Aggregates,
        EventStore,
        EventSchemas,
        StateCache,
        LogTail,
        LiveEvents,
        ContextRegistry,
        FanOut,
        PolicyTransport,
      ],
    };
  }

  /** The context's TypeORM data source must have the same name as the context. */
  static forContext(options: {
    readonly context: string;
    readonly aggregates?: readonly Aggregate[];
    readonly projections?: readonly Projection[];
  }): DynamicModule {
    const { context, aggregates = [], projections = [] } = options;
    return {
      module: ContextModule,
      providers: [
        {
          provide: ContextRuntime,
          useFactory: (
            database: DataSource,
            commandBus: CommandBus,
            store: EventStore,
            schemas: EventSchemas,
            tail: LogTail,
            contexts: ContextRegistry,
            cache: StateCache,
          ) =>
            new ContextRuntime(
              { context, aggregates, projections },
              database,
              commandBus,
              store,
              schemas,
              tail,
              contexts,
              cache,
            ),
          inject: [
            getDataSourceToken(context),
            CommandBus,
            EventStore,
            EventSchemas,
            LogTail,
            ContextRegistry,
            StateCache,
          ],
        },
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tail.close();
    await this.store.close();
  }
}

/** What is read of the log tells whether it is safe to write to it. */
function guardingTail(store: EventStore): LogTail {
  const tail = new LogTail(store);
  store.guardWith(tail.log);
  return tail;
}

@Module({})
class ContextModule {}

/** Starts the policies of an application that was initialised; call it before the application listens. */
export async function startPolicies(app: INestApplication): Promise<void> {
  app.connectMicroservice({ strategy: app.get(PolicyTransport) });
  await app.startAllMicroservices();
}

/** Every consumer of the process. */
export function consumerStatuses(app: INestApplication): readonly ConsumerStatus[] {
  const projections = app.get(ContextRuntime, { strict: false, each: true });
  return [...projections.flatMap((runtime) => runtime.statuses), ...app.get(PolicyTransport).statuses];
}

/** The same with how far each is behind the log, for health checks and metrics. */
export async function consumerReports(app: INestApplication): Promise<readonly ConsumerReport[]> {
  const projections = app.get(ContextRuntime, { strict: false, each: true });
  const reports = [...projections.map((runtime) => runtime.reports()), app.get(PolicyTransport).reports()];
  return (await Promise.all(reports)).flat();
}
