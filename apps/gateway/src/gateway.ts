import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { edge } from '#libs/edge/src/edge.js';
import { createApp } from '#libs/http/src/bootstrap.js';
import type { LogOptions } from '#libs/http/src/logging.js';
import { GatewayModule } from './gateway.module.js';
import { serveRoutes } from './proxy.js';

/** Longer than a service may take, which says more about what is wrong. */
const answerWithinMs = 10_000;
/** Of all services together; each has its share. */
const requestsInFlight = 2_048;

/** The gateway, set up and not yet listening. */
export async function createGateway(logger?: LogOptions): Promise<NestFastifyApplication> {
  const app = await createApp(GatewayModule, {
    name: 'gateway',
    answerWithinMs,
    requestsInFlight,
    edge: edge(),
    ...(logger && { logger }),
  });
  await serveRoutes(app);
  return app;
}
