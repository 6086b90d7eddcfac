import type { IncomingMessage } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import { oneOf, readEnv } from './env.js';
import { redactedUrl } from './request.js';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface LogOptions {
  /** `LOG_LEVEL`, else `info`. */
  readonly level?: (typeof levels)[number];
  /** Standard output, unless given. */
  readonly stream?: DestinationStream;
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
}

const probes = /^\/(health|ready|metrics)\b/;

/** JSON lines with the correlation id. A request is logged by method, path and status; never headers or bodies. */
export function loggerModule(name: string, options: LogOptions): DynamicModule {
  const { LOG_LEVEL } = readEnv({ LOG_LEVEL: oneOf(levels, { default: 'info' }) });
  const pinoHttp = {
    name,
    level: options.level ?? LOG_LEVEL,
    genReqId: (request: IncomingMessage) => request.id,
    customAttributeKeys: { reqId: 'correlationId' },
    quietReqLogger: true,
    autoLogging: { ignore: (request: IncomingMessage) => probes.test(request.url ?? '') },
    serializers: {
      req: (request: { method: string; url: string }) => ({ method: request.method, url: redactedUrl(request.url) }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      // No other members: errors of database drivers carry the query's parameters.
      err: ({ type, message, stack, code }: LoggedError) => ({ type, message, stack, code }),
    },
    redact: ['*.password', '*.secret', '*.token', '*.authorization', '*.cookie'],
  };
  return LoggerModule.forRoot({
    pinoHttp: options.stream ? [pinoHttp, options.stream] : pinoHttp,
  });
}
