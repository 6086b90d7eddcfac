import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamicModule } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LoggerModule } from 'nestjs-pino';
import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import { oneOf, readEnv } from './env.js';
import { type LogOutput, standardOutput } from './log-output.js';
import { redactedUrl } from './request.js';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface LogOptions {
  /** `LOG_LEVEL`, else `info`. */
  readonly level?: (typeof levels)[number];
  /** Standard output, unless given. */
  readonly stream?: DestinationStream;
}

/** The log of one app: Nest's logger, and the lines of requests. */
export interface Logging {
  readonly module: DynamicModule;
  /** Writes a line when the answer is sent or the caller is gone; what is logged meanwhile carries the correlation id. */
  watch(request: FastifyRequest, reply: FastifyReply, next: () => void): void;
  /** Calls `next` so that what it logs carries the correlation id: reading a body loses it. */
  resume(request: FastifyRequest, next: () => void): void;
  /** Writes the lines of requests that still wait. */
  flush(): void;
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
}

const probes = /^\/(health|ready|metrics)\b/;
const correlation = new AsyncLocalStorage<string>();

/** JSON lines with the correlation id. A request is logged by method, path and status; never headers or bodies. */
export function logging(name: string, options: LogOptions): Logging {
  const { LOG_LEVEL } = readEnv({ LOG_LEVEL: oneOf(levels, { default: 'info' }) });
  const { stream } = options;
  const output: LogOutput = stream ? { atOnce: stream, soon: stream, flush: () => undefined } : standardOutput();
  const base: LoggerOptions = { name, level: options.level ?? LOG_LEVEL };
  const serializers = {
    err: (error: Error): LoggedError => {
      const { type, message, stack, code } = pino.stdSerializers.err(error) as unknown as LoggedError;
      // No other members: errors of database drivers carry the query's parameters.
      return { type, message, stack, ...(code !== undefined && { code }) };
    },
  };
  const redact = ['*.password', '*.secret', '*.token', '*.authorization', '*.cookie'];
  const mixin = () => {
    const correlationId = correlation.getStore();
    return correlationId === undefined ? {} : { correlationId };
  };
  const logger = pino({ ...base, serializers, redact, mixin }, output.atOnce);
  // A logger of its own: these lines need no serializer and hold nothing to redact, and there are many of them.
  const requests = pino(base, output.soon);

  return {
    // No routes: the middleware would make two more loggers for each request.
    module: LoggerModule.forRoot({ pinoHttp: { logger, wrapSerializers: false }, forRoutes: [] }),
    watch(request, reply, next) {
      if (!probes.test(request.url)) logAnswer(requests, request, reply);
      correlation.run(request.id, next);
    },
    resume(request, next) {
      if (correlation.getStore() === request.id) next();
      else correlation.run(request.id, next);
    },
    flush: () => output.flush(),
  };
}

function logAnswer(requests: pino.Logger, request: FastifyRequest, { raw: response }: FastifyReply): void {
  const started = Date.now();
  response.once('close', () => {
    const { id: correlationId, method, url } = request;
    const status = response.statusCode;
    const message = response.writableEnded ? 'request completed' : 'request aborted';
    const line = { correlationId, req: { method, url: redactedUrl(url) }, res: { status } };
    requests.info({ ...line, responseTime: Date.now() - started }, status >= 500 ? 'request errored' : message);
  });
}
