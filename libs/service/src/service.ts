/** What every process of the system is: some contexts on the shared parts, served over HTTP. */
import { flushCompileCache } from 'node:module';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthModule } from '#libs/auth/src/auth.module.js';
import type { ConsumerStatus } from '#libs/event-sourcing/src/consumer.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventSourcingModule, consumerReports, startPolicies } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { eventUpcasters } from '#libs/events/src/upcasters.js';
import { createApp, type Edge, exitWith, listen } from '#libs/http/src/bootstrap.js';
import { port, readEnv, url } from '#libs/http/src/env.js';
import { HealthRegistry, type ServiceHealth } from '#libs/http/src/health.js';
import type { LogOptions } from '#libs/http/src/logging.js';
import { stopOnSignals } from '#libs/http/src/shutdown.js';
import { JobsModule } from '#libs/jobs/src/jobs.module.js';
import { PersonalDataModule } from '#libs/personal-data/src/personal-data.module.js';
import { PoliciesModule } from '#libs/policies/src/policies.module.js';
import { reportConsumers } from './consumer-metrics.js';

export interface ServiceOptions {
  /** Name in the logs and the title of the API's documentation. */
  readonly name: string;
  /** The contexts that run in this process. */
  readonly contexts: readonly Type[];
  readonly logger?: LogOptions;
  /** Of a process that faces the outside. */
  readonly edge?: Edge;
}

/** The service, set up and not yet started: nothing reads the log, nothing listens. */
export async function createService({ name, contexts, logger, edge }: ServiceOptions): Promise<NestFastifyApplication> {
  const { EVENTSTORE_URL, REDIS_URL } = readEnv({
    EVENTSTORE_URL: url({ example: 'esdb://127.0.0.1:2113?tls=false' }),
    REDIS_URL: url({ example: 'redis://127.0.0.1:6379' }),
  });
  const root: DynamicModule = {
    module: ServiceModule,
    imports: [
      PersonalDataModule,
      EventSourcingModule.forRoot({
        eventStoreUrl: EVENTSTORE_URL,
        schemas: new EventSchemas(eventCatalogue, eventUpcasters),
      }),
      JobsModule.forRoot({ redisUrl: REDIS_URL }),
      AuthModule,
      PoliciesModule,
      ...contexts,
    ],
  };
  const app = await createApp(root, { name, ...(logger && { logger }), ...(edge && { edge }) });
  if (edge) app.get(HealthRegistry).tellServices(() => Promise.resolve(servicesHere(app)));
  return app;
}

/** Whoever faces the outside tells which services are there, as the gateway does; those of this process live with it. */
function servicesHere(app: NestFastifyApplication): Readonly<Record<string, ServiceHealth>> {
  const { names } = app.get(ContextRegistry);
  return Object.fromEntries(names.map((name) => [name, { reachable: true, ms: 0 }]));
}

/** Starts consumers and policies, then listens; answers the port. */
export async function startService(app: NestFastifyApplication, listenOn: number): Promise<number> {
  registerHealthAndLag(app);
  await app.init();
  await startPolicies(app);
  const listening = await listen(app, listenOn);
  app.get(LogTail).watch();
  return listening;
}

/**
 * What a main.ts does. Prints one JSON line `{"ready":true,"port":3104}` when it serves; a start that fails prints
 * what to do and exits with 1.
 */
export async function runService(options: ServiceOptions & { readonly defaultPort: number }): Promise<void> {
  try {
    const { PORT } = readEnv({ PORT: port({ default: options.defaultPort }) });
    const app = await createService(options);
    stopOnSignals(app);
    const listening = await startService(app, PORT);
    process.stdout.write(`${JSON.stringify({ ready: true, port: listening })}\n`);
    // Where `NODE_COMPILE_CACHE` asks for one; Node itself writes it at an exit, and most processes end by a signal.
    flushCompileCache();
  } catch (error) {
    exitWith(error);
  }
}

@Module({})
class ServiceModule {}

const wellStates: ReadonlySet<ConsumerStatus['state']> = new Set(['standby', 'starting', 'running']);

function registerHealthAndLag(app: NestFastifyApplication): void {
  const health = app.get(HealthRegistry);
  const store = app.get(EventStore);
  const tail = app.get(LogTail);
  health.register('event-store', async () => {
    await store.head();
    return tail.trouble === undefined ? { ok: true } : { ok: false, detail: { reason: tail.trouble } };
  });
  health.register('consumers', async () => {
    const consumers = await consumerReports(app);
    return { ok: consumers.every(({ state }) => wellStates.has(state)), detail: { consumers } };
  });
  const silence = reportConsumers(() => consumerReports(app));
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', (done) => {
      silence();
      done();
    });
}
