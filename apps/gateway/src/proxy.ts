/** The public paths of all services, each handed to the service that answers it. */
import type { ServerResponse } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import replyFrom from '@fastify/reply-from';
import { Callers } from '#libs/auth/src/callers.js';
import type { RouteSettings } from '#libs/http/src/csv-body.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { routes } from './route-table.js';
import { Upstreams } from './upstreams.js';

/** Event streams send a heartbeat every 15 s. */
const silentForMs = 60_000;
/** Requests in hand have a limit of their own, and event streams that of the service. */
const connectionsToOneService = 2_000;
const connectWithinMs = 1_500;

/** The service knows which of its routes take such a body, and refuses it elsewhere. */
const settings: object = { takesCsv: true } satisfies RouteSettings;

export async function serveRoutes(app: NestFastifyApplication, answerBeginsWithinMs: number): Promise<void> {
  const upstreams = app.get(Upstreams);
  const callers = app.get(Callers, { strict: false });
  const server = app.getHttpAdapter().getInstance();
  const streams = new Set<ServerResponse>();

  // The services read what is no JSON: it passes as it comes.
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  await server.register(replyFrom, {
    undici: {
      connections: connectionsToOneService,
      headersTimeout: answerBeginsWithinMs,
      bodyTimeout: silentForMs,
      connect: { timeout: connectWithinMs },
    },
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
  });

  for (const { service, prefix, open } of routes) {
    const upstream = upstreams.of(service);
    for (const url of [prefix, `${prefix}/*`]) {
      server.all(url, { config: settings }, async (request: ApiRequest, reply) => {
        if (!open) await callers.of(request, reply);
        await upstream.forward(request, reply);
        if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
          streams.add(reply.raw);
          reply.raw.once('close', () => streams.delete(reply.raw));
        }
        return reply;
      });
    }
  }
  // Event streams have no end of their own; clients come back with Last-Event-ID.
  server.addHook('preClose', (done) => {
    for (const stream of streams) stream.end();
    done();
  });
}
