/** Routes that take a file of comma-separated values as their body, while it arrives. */
import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { httpProblem } from './http-problems.js';

/** What a route says of itself to the hooks of `bootstrap.ts`. */
export interface RouteSettings {
  readonly takesCsv?: true;
  /** Milliseconds until the answer must begin; those of the app unless given. */
  readonly answerWithinMs?: number;
}

/** As long as the body may take to arrive. */
const answerWithinMs = 30_000;

/** The route's body is the stream itself: `request.body as Readable`. Nothing of it is checked yet, not even its size. */
export function TakesCsv(description: string): MethodDecorator {
  const settings: RouteSettings = { takesCsv: true, answerWithinMs };
  return applyDecorators(
    RouteConfig(settings),
    ApiConsumes('text/csv'),
    ApiBody({ description, schema: { type: 'string' } }),
  );
}

/** A path without a route has none. */
export function settingsOf(request: { readonly routeOptions: { readonly config?: object } }): RouteSettings {
  return request.routeOptions.config ?? {};
}

/** Every other route goes on to refuse such a body. */
export function acceptCsv(server: FastifyInstance): void {
  server.addContentTypeParser('text/csv', (request, payload, done) => {
    if (settingsOf(request).takesCsv) return done(null, payload);
    return done(httpProblem('unsupported_media_type'));
  });
}
