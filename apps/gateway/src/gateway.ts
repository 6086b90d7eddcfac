import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { edge } from '#libs/edge/src/edge.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { eventUpcasters } from '#libs/events/src/upcasters.js';
import { createApp } from '#libs/http/src/bootstrap.js';
import { readEnv, url } from '#libs/http/src/env.js';
import { HealthRegistry } from '#libs/http/src/health.js';
import type { LogOptions } from '#libs/http/src/logging.js';
import { GatewayModule } from './gateway.module.js';
import { reportCircuits } from './circuit-metrics.js';
import { ServiceDocuments } from './service-documents.js';
import { Upstreams } from './upstreams.js';
import { serveRoutes } from './proxy.js';

/** A service answers within 8 s, with a 503 that says what is wrong at the latest. One that does not hangs. */
const serviceAnswersWithinMs = 9_000;
/** The body may take 30 s to arrive, and an upload the same to be answered. */
const answerWithinMs = 65_000;
/** Of all services together; each has its share. */
const requestsInFlight = 2_048;

@Module({})
class GatewayRoot {}

export interface GatewayOptions {
  readonly logger?: LogOptions;
  /** 9 s unless given. */
  readonly serviceAnswersWithinMs?: number;
}

/** The gateway, set up and not yet listening. */
export async function createGateway(options: GatewayOptions = {}): Promise<NestFastifyApplication> {
  const { EVENTSTORE_URL } = readEnv({ EVENTSTORE_URL: url({ example: 'esdb://127.0.0.1:2113?tls=false' }) });
  // The log tells which tokens are good no more.
  const log = EventSourcingModule.forRoot({
    eventStoreUrl: EVENTSTORE_URL,
    schemas: new EventSchemas(eventCatalogue, eventUpcasters),
  });
  const root: DynamicModule = { module: GatewayRoot, imports: [log, GatewayModule] };
  const app: NestFastifyApplication = await createApp(root, {
    name: 'Keiyaku',
    answerWithinMs,
    requestsInFlight,
    edge: edge(),
    document: (own) => app.get(ServiceDocuments).merged(own),
    ...(options.logger && { logger: options.logger }),
  });
  app.get(HealthRegistry).tellServices(() => app.get(Upstreams).reachability());
  reportCircuits(app);
  await serveRoutes(app, options.serviceAnswersWithinMs ?? serviceAnswersWithinMs);
  return app;
}
