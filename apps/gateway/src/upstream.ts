/** One service behind the gateway: how a request gets there, and what becomes of it when the service is away. */
import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleType,
} from 'cockatiel';
import type { FastifyReply } from 'fastify';
import { leaveInFlight } from '#libs/http/src/in-flight.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { type ApiRequest, pathOf } from '#libs/http/src/request.js';
import { serviceOutcomeUnknown, serviceOverloaded, serviceUnavailable } from './gateway.problems.js';
import type { ServiceName } from './route-table.js';

/** As many as a service itself works on at once: one that hangs holds no more of the gateway. */
const requestsAtOnce = 256;
/** What is uploaded is worked on while it arrives. */
const uploadAnsweredWithinMs = 31_000;
const failuresUntilOpen = 5;
const askAgainAfterMs = 1_000;

/** Nothing reached the service. */
const notSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** What the client of the gateway would not send at all. */
const notSendable: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);
/** Between a caller and the gateway alone, whether `Connection` names them or not. */
const hopHeaders: ReadonlySet<string> = new Set(['expect', 'keep-alive', 'proxy-connection', 'te', 'upgrade']);
/** Reading has no effect, so what broke may be asked again. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The service gave no answer. */
class NoAnswer extends Error {
  readonly sent: boolean;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.sent = !codesOf(cause).some((code) => notSent.has(code));
  }
}

export class Upstream {
  private readonly breaker = circuitBreaker(handleType(NoAnswer), {
    halfOpenAfter: askAgainAfterMs,
    breaker: new ConsecutiveBreaker(failuresUntilOpen),
  });
  private readonly places = bulkhead(requestsAtOnce);

  constructor(
    readonly name: ServiceName,
    /** Like `http://127.0.0.1:3100` */
    readonly url: string,
  ) {}

  /** Answers as the service does, or rejects with a problem that names the service. */
  async forward(request: ApiRequest, reply: FastifyReply): Promise<void> {
    if (!keepsItsPath(request.url)) throw httpProblem('bad_request', strayPath);
    try {
      await this.places.execute(() => this.sendUnlessAway(request, reply));
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw serviceOverloaded(this.name);
      if (error instanceof BrokenCircuitError) throw serviceUnavailable(this.name);
      if (!(error instanceof NoAnswer)) throw error;
      const lost = error.sent && !safeMethods.has(request.method);
      throw lost ? serviceOutcomeUnknown(this.name) : serviceUnavailable(this.name);
    }
  }

  /** Nobody is sent there now, except one request in a while that tries. */
  get open(): boolean {
    return this.breaker.state !== CircuitState.Closed;
  }

  private sendUnlessAway(request: ApiRequest, reply: FastifyReply): Promise<void> {
    const { state } = this.breaker;
    // The breaker would let all others wait for the one that tries, however long a service hangs; and an upload tries
    // for as long as its caller likes.
    const tries = state === CircuitState.Open && !(request.body instanceof Readable);
    if (state !== CircuitState.Closed && !tries) throw serviceUnavailable(this.name);
    return this.breaker.execute(() => this.send(request, reply));
  }

  /**
   * Resolves when the answer of the service has begun, and rejects when there is none: within the time-outs of the
   * connection, whether the caller still waits or not. One who gave up says nothing about the service.
   */
  private send(request: ApiRequest, reply: FastifyReply): Promise<void> {
    return new Promise((resolve, reject) => {
      // Answered by the gateway itself: nothing more is told of what the service does.
      reply.raw.once('finish', resolve);
      // The query follows as it came: here it would be decoded, and refused for what only paths may not have.
      reply.from(this.url + pathOf(request.url), {
        ...(request.rawBody && {
          body: request.rawBody,
          contentType: request.headers['content-type'] ?? 'application/octet-stream',
        }),
        ...(request.body instanceof Readable && { timeout: uploadAnsweredWithinMs }),
        rewriteRequestHeaders: (_request, headers) => requestHeaders(request, headers),
        rewriteHeaders: (headers) => {
          // Then `onResponse` is not called.
          if (request.raw.aborted) resolve();
          return answerHeaders(headers);
        },
        // A connection that broke under a request that only reads, once, with a new one.
        retryDelay: ({ err, req, attempt }) =>
          err && attempt === 0 && safeMethods.has(req.method) && codesOf(err).includes('UND_ERR_SOCKET') ? 1 : null,
        onResponse: (_request, _reply, answer) => {
          const { headers, stream } = answer as unknown as {
            headers: IncomingHttpHeaders;
            stream: NodeJS.ReadableStream;
          };
          // What flows for as long as it likes is not a request in hand.
          if (headers['content-length'] === undefined) leaveInFlight(reply.raw);
          if (headers.vary)
            void reply.header('vary', [reply.getHeader('vary'), headers.vary].filter(Boolean).join(', '));
          void reply.send(stream);
          resolve();
        },
        onError: (_reply, { error }) => {
          if (codesOf(error).some((code) => notSendable.has(code)))
            return reject(httpProblem('bad_request', oddHeaders));
          // What the caller stopped to send could not reach the service whole.
          if (request.raw.aborted && !request.raw.complete) return resolve();
          reject(new NoAnswer(error));
        },
      });
    });
  }
}

const strayPath = 'Write the path without "." and ".." segments, and percent-encode what is no URL.';

const oddHeaders = "The request's headers can't be passed on. Send only those that the API knows.";

/** `/credentials/../metrics` would be routed as a page and be another path where it arrives. */
function keepsItsPath(url: string): boolean {
  return new URL(`http://service${url}`).pathname === pathOf(url);
}

function requestHeaders(request: ApiRequest, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => name !== 'forwarded' && !hopHeaders.has(name));
  return {
    ...Object.fromEntries(kept),
    'x-correlation-id': request.id,
    // As this process sees it: what a caller claims counts only where the caller is a trusted proxy.
    'x-forwarded-for': request.ip,
    'x-forwarded-host': request.host,
    'x-forwarded-proto': request.protocol,
  };
}

/** Without what concerns the connection to the service, and what the edge itself says. */
function answerHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(
    ([name]) => !['connection', 'keep-alive', 'vary'].includes(name) && !name.startsWith('access-control-'),
  );
  return Object.fromEntries(kept);
}

/** Of an error and what caused it. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...codesOf(error.cause)];
}
