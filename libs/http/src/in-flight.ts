/** How many requests this process works on at once, and how it stops taking more. */
import type { Server, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge, register } from 'prom-client';
import { overloadedProblem } from './http-problems.js';
import type { ProblemError } from './problem.js';
import { sendProblem } from './problem.filter.js';
import { isReading, pathOf, publishedByIdentity } from './request.js';

interface InFlightRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * Probes must see that a process is full. And without the keys that identity publishes, and what it says to be revoked,
 * a process that has just started can check no token: what it does have room for would be refused too.
 */
const alwaysTaken = new Set(['/health', '/ready', '/metrics', ...publishedByIdentity]);
const arrivingMs = 200;
const inFlight = new Map<ServerResponse, InFlightRequest>();
const leaving = new WeakSet<Server>();

/** Refuses requests beyond `limit` at once, before their body is read: what waits in memory has an end. */
export function limitInFlight(server: FastifyInstance, limit: number): void {
  declareMetrics();
  server.addHook('onRequest', (request, reply, done) => {
    if (leaving.has(server.server)) void reply.header('Connection', 'close');
    if (isReading(request) && alwaysTaken.has(pathOf(request.url))) return done();
    if (inFlight.size >= limit) {
      refused().inc();
      return sendProblem(overloadedProblem(), request, reply);
    }
    inFlight.set(reply.raw, { request, reply });
    reply.raw.once('close', () => inFlight.delete(reply.raw));
    done();
  });
}

/** A stream of events lasts; it counts against a limit of its own. */
export function leaveInFlight(response: ServerResponse): void {
  inFlight.delete(response);
}

/**
 * Every connection ends with its next answer, so that no request meets a connection that is just being closed. When
 * the server stops to listen, a request that has just begun to arrive is still read.
 */
export function closeConnections(server: Server): void {
  leaving.add(server);
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => void setTimeout(closeIdle, arrivingMs);
  for (const { request, reply } of inFlight.values()) {
    if (request.server.server === server && !reply.sent) void reply.header('Connection', 'close');
  }
}

/** Answers what is still in hand, when there is no more time. */
export function answerInFlight(server: Server, problem: ProblemError): number {
  const late = [...inFlight.values()].filter(({ request, reply }) => request.server.server === server && !reply.sent);
  for (const { request, reply } of late) sendProblem(problem, request, reply);
  return late.length;
}

const refusedName = 'http_requests_refused_total';

function refused(): Counter {
  return register.getSingleMetric(refusedName) as Counter;
}

// The registry belongs to the process, and a process may hold several apps.
function declareMetrics(): void {
  if (register.getSingleMetric(refusedName)) return;
  register.registerMetric(
    new Counter({
      name: refusedName,
      help: 'Requests that were refused because too many were in hand.',
      registers: [],
    }),
  );
  register.registerMetric(
    new Gauge({
      name: 'http_requests_in_flight',
      help: 'Requests in hand, without event streams.',
      registers: [],
      collect() {
        this.set(inFlight.size);
      },
    }),
  );
}
