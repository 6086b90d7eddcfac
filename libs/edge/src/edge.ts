/** What stands between the outside and the routes, in the gateway and in the suite alike. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Callers } from '#libs/auth/src/callers.js';
import type { Edge } from '#libs/http/src/bootstrap.js';
import { list, readEnv, url } from '#libs/http/src/env.js';
import { BareAlias } from './bare-alias.js';
import { edgeProblem } from './edge.problems.js';
import { type Count, RateCounter } from './rate-counter.js';
import { countedAs, readRateLimits, type RateLimit } from './rate-limits.js';

const preflightSeconds = 600;
const exposedHeaders = [
  'ETag',
  'Location',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Correlation-Id',
  'X-Event-Position',
];

/**
 * Paths without `/api`, CORS for `CORS_ORIGINS` and rate limits (`RATE_LIMIT_…`, counted in `REDIS_URL`). Security
 * headers, request ids, body limits and time-outs come with every app.
 */
export function edge(): Edge {
  const alias = new BareAlias();
  return {
    rewriteUrl: (asked) => alias.rewrite(asked),
    attach(app) {
      app
        .getHttpAdapter()
        .getInstance()
        .addHook('onRoute', (route) => alias.learn(route.url));
      allowOrigins(app);
      limitRates(app);
    },
  };
}

function allowOrigins(app: NestFastifyApplication): void {
  const { CORS_ORIGINS } = readEnv({ CORS_ORIGINS: list({ default: [] }) });
  if (CORS_ORIGINS.length === 0) return;
  app.enableCors({
    origin: [...CORS_ORIGINS],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders,
    maxAge: preflightSeconds,
  });
}

function limitRates(app: NestFastifyApplication): void {
  const { REDIS_URL } = readEnv({ REDIS_URL: url({ example: 'redis://127.0.0.1:6379' }) });
  const limits = readRateLimits();
  const counter = new RateCounter(REDIS_URL);
  const callers = app.get(Callers, { strict: false });
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRequest', async (request, reply) => {
    const counted = countedAs(request, await callers.known(request, reply));
    const limit = counted && limits[counted.kind];
    if (!limit) return;
    const count = await counter.add(counted.key, limit.windowMs);
    tell(reply, limit, count);
    if (count.count <= limit.max) return;
    const seconds = secondsLeft(count);
    throw edgeProblem(
      'rate_limited',
      `${limit.max} requests in ${limit.windowMs / 1000} s are allowed. Send the next one in ${seconds} s.`,
      { limit: limit.max, windowSeconds: limit.windowMs / 1000 },
      { 'Retry-After': String(seconds) },
    );
  });
  // Or the first requests would be counted by each process for itself.
  server.addHook('onReady', () => counter.ready());
  server.addHook('onClose', (_instance, done) => {
    counter.close();
    done();
  });
}

function tell(reply: FastifyReply, limit: RateLimit, count: Count): void {
  void reply
    .header('RateLimit-Limit', limit.max)
    .header('RateLimit-Remaining', Math.max(0, limit.max - count.count))
    .header('RateLimit-Reset', secondsLeft(count));
}

function secondsLeft({ leftMs }: Count): number {
  return Math.max(1, Math.ceil(leftMs / 1000));
}
