/** Server-sent events from an async iterable, with heartbeats, back-pressure and resume. */
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { integer, readEnv } from './env.js';
import { overloadedProblem } from './http-problems.js';
import { leaveInFlight } from './in-flight.js';
import type { ApiRequest } from './request.js';

export interface ServerSentEvent {
  /** What a client that comes back sends as `Last-Event-ID`. */
  readonly id: string;
  readonly event: string;
  /** Sent as JSON. */
  readonly data: unknown;
}

/** Makes the events of one connection. `signal` aborts when the client goes or the server stops. */
export type EventSource = (signal: AbortSignal, lastEventId: string | undefined) => AsyncIterable<ServerSentEvent>;

const contentType = 'text/event-stream; charset=utf-8';
const heartbeatMs = 15_000;
const slowReaderMs = 30_000;
const logger = new Logger('EventStreams');
const open = new Map<ServerResponse, { abort: AbortController; server: Server | undefined }>();
let heartbeat: NodeJS.Timeout | undefined;

/**
 * Serves a stream until the source ends, the client goes or its token is good no more: `return serveEvents(request,
 * reply, source)` in a route with `@Res() reply`. Check ids and permissions first: once the stream has begun, an error
 * can only end it. A client whose stream has ended comes back, with a token that holds, and goes on where it was.
 */
export async function serveEvents(request: ApiRequest, reply: FastifyReply, source: EventSource): Promise<void> {
  if (request.method === 'HEAD') {
    await reply.type(contentType).send();
    return;
  }
  const { HTTP_EVENT_STREAMS } = readEnv({ HTTP_EVENT_STREAMS: integer({ default: 1_000 }) });
  if (open.size >= HTTP_EVENT_STREAMS) throw overloadedProblem();
  const abort = new AbortController();
  reply.hijack();
  leaveInFlight(reply.raw);
  const response = reply.raw;
  response.on('close', () => abort.abort());
  response.on('error', () => abort.abort());
  response.writeHead(200, {
    ...definedHeaders(reply),
    'Content-Type': contentType,
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
    Connection: 'close',
  });
  response.write('retry: 2000\n\n');
  add(response, abort, request.server.server);
  const unwatch = request.watchAccess?.(() => endWithoutAccess(response, abort));
  try {
    for await (const event of source(abort.signal, lastEventId(request))) {
      if (abort.signal.aborted) break;
      if (!response.write(encode(event))) await drained(response, abort.signal);
    }
  } catch (error) {
    if (!abort.signal.aborted) logger.error({ err: error, correlationId: request.id }, 'An event stream broke');
  } finally {
    unwatch?.();
    remove(response);
    abort.abort();
    response.end();
  }
}

/** Nothing more is made for the client; what it has not read yet is not kept for it. */
function endWithoutAccess(response: ServerResponse, abort: AbortController): void {
  abort.abort();
  if (response.writableNeedDrain) response.destroy();
  else response.end();
}

/** A client that stops reading holds its place and what it watches; it can come back and resume. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  const slow = setTimeout(() => response.destroy(), slowReaderMs);
  try {
    await once(response, 'drain', { signal });
  } finally {
    clearTimeout(slow);
  }
}

/** Ends the streams of a server that stops; its `close()` would wait for them. */
export function endEventStreams(server: Server): void {
  for (const [response, stream] of open) {
    if (stream.server !== server) continue;
    stream.abort.abort();
    response.end();
  }
}

function lastEventId(request: ApiRequest): string | undefined {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' && header !== '' ? header : undefined;
}

function definedHeaders(reply: FastifyReply): Record<string, string | number | string[]> {
  const headers: Record<string, string | number | string[]> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) headers[name] = value;
  return headers;
}

function encode({ id, event, data }: ServerSentEvent): string {
  const line = (text: string) => text.replace(/[\r\n]/g, ' ');
  return `id: ${line(id)}\nevent: ${line(event)}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One timer for all streams: proxies drop connections that stay silent. */
function add(response: ServerResponse, abort: AbortController, server: Server): void {
  open.set(response, { abort, server });
  heartbeat ??= setInterval(() => {
    for (const stream of open.keys()) if (!stream.writableNeedDrain) stream.write(': heartbeat\n\n');
  }, heartbeatMs).unref();
}

function remove(response: ServerResponse): void {
  open.delete(response);
  if (open.size > 0) return;
  clearInterval(heartbeat);
  heartbeat = undefined;
}
