/** What stands between the outside and the routes, in the gateway and in the suite alike. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Callers } from '#libs/auth/src/callers.js';
import type { Edge } from '#libs/http/src/bootstrap.js';
import { list, readEnv, url } from '#libs/http/src/env.js';
import type { ProblemError } from '#libs/http/src/problem.js';
import { BareAlias } from './bare-alias.js';
import { edgeProblem } from './edge.problems.js';
import { type Count, RateCounter } from './rate-counter.js';
import { type CountedAs, countedAs, forgedBy, readRateLimits, type RateLimit } from './rate-limits.js';

const preflightSeconds = 600;
const exposedHeaders = [
  'ETag',
  'Location',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Correlation-Id',
  'X-Duplicate-Check',
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
  /** Throws a 429 problem for what goes beyond the limit of its kind. */
  const count = async ({ kind, key }: CountedAs, reply: FastifyReply, requests = 1): Promise<void> => {
    const limit = limits[kind];
    if (!limit) return;
    const counted = await counter.add(key, limit.windowMs, requests);
    if (requests > 0) tell(reply, limit, counted);
    if (counted.count + 1 - requests > limit.max) throw tooMany(limit, counted);
  };
  server.addHook('onRequest', async (request, reply) => {
    const shows = request.headers.authorization !== undefined && !(await callers.checkedBefore(request));
    // Checking asks identity, and is not done for whoever shows one forged token after the other.
    if (shows) await count(forgedBy(request), reply, 0);
    const caller = await callers.known(request, reply);
    if (shows && !caller) await count(forgedBy(request), reply);
    const counted = countedAs(request, caller === 'unchecked' ? undefined : caller);
    // Whose token can't be checked just now is not known to be nobody: the route answers.
    if (!counted || (caller === 'unchecked' && counted.kind === 'anonymous')) return;
    await count(counted, reply);
  });
  // Or the first requests would be counted by each process for itself.
  server.addHook('onReady', () => counter.ready());
  server.addHook('onClose', (_instance, done) => {
    counter.close();
    done();
  });
}

function tooMany(limit: RateLimit, counted: Count): ProblemError {
  const seconds = secondsLeft(counted);
  const windowSeconds = limit.windowMs / 1000;
  return edgeProblem(
    'rate_limited',
    `${limit.max} requests in ${windowSeconds} s are allowed. Send the next one in ${seconds} s.`,
    { limit: limit.max, windowSeconds },
    { 'Retry-After': String(seconds) },
  );
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
