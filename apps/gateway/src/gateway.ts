import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { edge } from '#libs/edge/src/edge.js';
import { createApp } from '#libs/http/src/bootstrap.js';
import { HealthRegistry } from '#libs/http/src/health.js';
import type { LogOptions } from '#libs/http/src/logging.js';
import { GatewayModule } from './gateway.module.js';
import { ServiceDocuments } from './service-documents.js';
import { Upstreams } from './upstreams.js';
import { serveRoutes } from './proxy.js';

/** A service answers within 8 s, with a 503 that says what is wrong at the latest. One that does not hangs. */
const serviceAnswersWithinMs = 9_000;
const answerWithinMs = 10_000;
/** Of all services together; each has its share. */
const requestsInFlight = 2_048;

export interface GatewayOptions {
  readonly logger?: LogOptions;
  /** 9 s unless given. */
  readonly serviceAnswersWithinMs?: number;
}

/** The gateway, set up and not yet listening. */
export async function createGateway(options: GatewayOptions = {}): Promise<NestFastifyApplication> {
  const app: NestFastifyApplication = await createApp(GatewayModule, {
    name: 'Keiyaku',
    answerWithinMs,
    requestsInFlight,
    edge: edge(),
    document: (own) => app.get(ServiceDocuments).merged(own),
    ...(options.logger && { logger: options.logger }),
  });
  app.get(HealthRegistry).tellServices(() => app.get(Upstreams).reachability());
  await serveRoutes(app, options.serviceAnswersWithinMs ?? serviceAnswersWithinMs);
  return app;
}
