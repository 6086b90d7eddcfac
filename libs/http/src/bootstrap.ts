/** Makes and starts the HTTP side of an app: used by every main.ts, by apps/suite and by tests. */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type DynamicModule, Global, Module, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { ProjectionChanged } from '#libs/event-sourcing/src/errors.js';
import { acceptCsv, settingsOf } from './csv-body.js';
import { EnvError, integer, readEnv, text } from './env.js';
import { HealthRegistry, serveHealth } from './health.js';
import { awayProblem, httpProblem } from './http-problems.js';
import { limitInFlight } from './in-flight.js';
import { kernelProblem } from './kernel-problems.js';
import { logging, type Logging, type LogOptions } from './logging.js';
import { networks } from './networks.js';
import { serveMetrics } from './metrics.js';
import { serveDocs } from './openapi.js';
import { pathsOutsideApi } from './outside-api.js';
import { registerProblemMapper } from './problem.js';
import { answerBrokenRequest } from './broken-request.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { acceptedCorrelationId, type ApiRequest } from './request.js';
import { securityHeaders } from './security-headers.js';
import { stopOnSignals } from './shutdown.js';
import { endEventStreams } from './sse.js';
import { RequestValidationPipe } from './validation.js';

const bodyLimit = 1024 * 1024;
/** A caller learns within this time that a part hangs. Streams of events end their own way. */
const defaultAnswerWithinMs = 8_000;
/** Headers and body must be here by then: nobody holds connections open by sending slowly. */
const arriveWithinMs = 30_000;

export interface AppOptions {
  /** Name in the logs and the title of the API's documentation. */
  readonly name: string;
  readonly logger?: LogOptions;
  /** 8 s unless given; a request that takes longer is answered 503 while its work goes on. */
  readonly answerWithinMs?: number;
  /** 256 unless given here or as `HTTP_REQUESTS_IN_FLIGHT`. */
  readonly requestsInFlight?: number;
  /** What stands between the outside and the routes; a context behind the gateway has none. */
  readonly edge?: Edge;
  /** The OpenAPI document that is shown, where it says more than the app's own. Asked every 10 s at most. */
  readonly document?: (own: OpenAPIObject) => Promise<OpenAPIObject>;
}

/** See libs/edge. */
export interface Edge {
  /** The path and query that a request is routed by. */
  rewriteUrl(url: string): string;
  /** Called before the app has any route. */
  attach(app: NestFastifyApplication): void;
}

@Global()
@Module({ imports: [DiscoveryModule], providers: [HealthRegistry], exports: [HealthRegistry] })
class HttpModule {}

/** The app, set up and not yet listening. Throws when a module can't start; an EnvError says what to set. */
export async function createApp(module: Type | DynamicModule, options: AppOptions): Promise<NestFastifyApplication> {
  const { name, logger = {}, answerWithinMs = defaultAnswerWithinMs, requestsInFlight = 256, edge } = options;
  const { HTTP_REQUESTS_IN_FLIGHT } = readEnv({
    HTTP_REQUESTS_IN_FLIGHT: integer({ default: requestsInFlight, min: 1 }),
  });
  registerProblemMapper(kernelProblem);
  const log = logging(name, logger);
  const root: DynamicModule = { module: HttpModule, imports: [log.module, module] };
  const adapter = fastifyAdapter(log, await securityHeaders(), answerWithinMs, edge);
  limitInFlight(adapter.getInstance(), HTTP_REQUESTS_IN_FLIGHT);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bufferLogs: true,
    // Nest would print the error that keeps a module from starting, with its stack, before `exitWith` says what to do.
    autoFlushLogs: false,
    rawBody: true,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  app.setGlobalPrefix('api', { exclude: pathsOutsideApi(app.get(DiscoveryService)) });
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  edge?.attach(app);
  serveHealth(app);
  serveMetrics(app);
  serveDocs(app, name, options.document);
  return app;
}

function fastifyAdapter(
  log: Logging,
  headers: Readonly<Record<string, string>>,
  answerWithinMs: number,
  edge: Edge | undefined,
): FastifyAdapter {
  const { TRUSTED_PROXIES } = readEnv({ TRUSTED_PROXIES: networks() });
  const adapter = new FastifyAdapter({
    bodyLimit,
    requestTimeout: arriveWithinMs,
    clientErrorHandler: answerBrokenRequest,
    requestIdHeader: false,
    // Whose word is taken for where a request came from; nobody's, unless set.
    trustProxy: TRUSTED_PROXIES.length > 0 && [...TRUSTED_PROXIES],
    ...(edge && { rewriteUrl: ({ url = '/' }: IncomingMessage) => edge.rewriteUrl(url) }),
    genReqId: (request: IncomingMessage) => {
      request.id = acceptedCorrelationId(request.headers['x-correlation-id']) ?? randomUUID();
      return request.id;
    },
    // A URL that can't be decoded is refused before any hook or filter runs.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('X-Correlation-Id', request.id);
      sendProblem(httpProblem('bad_request', `The URL can't be read: ${error.message}.`), request, reply);
    },
  });
  const server = adapter.getInstance();
  // Fastify reads text bodies by default; here they would reach DTO checks as strings.
  server.removeContentTypeParser('text/plain');
  acceptCsv(server);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers).header('X-Correlation-Id', request.id);
    log.watch(request, reply, done);
  });
  // Fastify's own handlerTimeout ends with the request's body, before the work begins.
  server.addHook('onRequest', (request, reply, done) => {
    const late = setTimeout(
      () => {
        // An answer that flows has begun: it is `sent` only when it ends.
        if (!reply.sent && !reply.raw.headersSent) sendProblem(awayProblem(request.method), request, reply);
      },
      settingsOf(request).answerWithinMs ?? answerWithinMs,
    );
    reply.raw.once('close', () => clearTimeout(late));
    done();
  });
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    const type = request.headers['content-type'];
    // Forms belong to pages outside the API only.
    const refused = request.url.startsWith('/api/') && type?.startsWith('application/x-www-form-urlencoded');
    if (refused) return done(httpProblem('unsupported_media_type'));
    const encoding = request.headers['content-encoding'] ?? 'identity';
    const detail = 'Compressed bodies are not read. Send the body as it is, without Content-Encoding.';
    done(encoding === 'identity' ? null : httpProblem('unsupported_media_type', detail));
  });
  server.addHook('preValidation', (request: ApiRequest, _reply, done) => {
    // Decoded loosely, a name in Shift_JIS or Latin-1 would be stored as question marks.
    const readable = !request.rawBody || isUtf8(request.rawBody);
    if (!readable) return done(httpProblem('malformed_json', 'The body is not UTF-8. Encode it as UTF-8.'));
    log.resume(request, done);
  });
  server.addHook('preClose', (done) => {
    endEventStreams(server.server);
    done();
  });
  // Lines that wait are written when the app ends, whether the process goes on or not.
  server.addHook('onClose', (_instance, done) => {
    log.flush();
    done();
  });
  return adapter;
}

/** Starts to listen (port 0 takes a free one) and answers the port. The host is `HOST`, else 127.0.0.1. */
export async function listen(app: NestFastifyApplication, port: number): Promise<number> {
  const { HOST } = readEnv({ HOST: text({ default: '127.0.0.1' }) });
  try {
    await app.listen(port, HOST);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      await app.close();
      throw new StartError(`Port ${port} is in use. Stop the other program or set PORT to a free port.`);
    }
    throw error;
  }
  const address = app.getHttpServer().address();
  return typeof address === 'object' && address ? address.port : port;
}

/** The process can't start; the message says what to do. */
export class StartError extends Error {
  override name = 'StartError';
}

/** What a main.ts does: creates the app and listens. A start that fails prints what to do and exits with 1. */
export async function runApp(module: Type | DynamicModule, options: AppOptions & { port: number }): Promise<void> {
  try {
    const app = await createApp(module, options);
    stopOnSignals(app);
    await listen(app, options.port);
  } catch (error) {
    exitWith(error);
  }
}

/** Prints one clear line per problem (a stack only for errors that nobody foresaw) and exits with 1. */
export function exitWith(error: unknown): never {
  const foreseen = [EnvError, StartError, ProjectionChanged].some((kind) => error instanceof kind);
  const text = error instanceof Error ? (foreseen ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
