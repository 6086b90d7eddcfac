import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { httpProblem, stoppingProblem, storeAwayProblem } from './http-problems.js';
import { mapToProblem, ProblemError } from './problem.js';
import { type ApiRequest, pathOf } from './request.js';

/** Answers every error of an HTTP request as `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problems');

  catch(error: unknown, host: ArgumentsHost): void {
    // Policies run as event handlers; their transport needs the error itself to retry or park the event.
    if (host.getType() === 'rpc') throw error;
    const request = host.switchToHttp().getRequest<ApiRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error, request);
    if (problem.status >= 500) {
      this.logger.error({ err: error, code: problem.code, correlationId: request.id }, problem.title);
    }
    sendProblem(problem, request, reply);
  }
}

export function sendProblem(problem: ProblemError, request: ApiRequest, reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const body = problem.body({ instance: pathOf(request.url), correlationId: request.id });
  void reply
    .code(problem.status)
    .headers(problem.headers)
    .header('Cache-Control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(body));
}

function problemOf(error: unknown, request: ApiRequest): ProblemError {
  if (error instanceof ProblemError) return error;
  const known = mapToProblem(error) ?? frameworkProblem(error, request);
  if (known) return known;
  return isInfrastructureError(error) ? storeAwayProblem(error, request.method) : httpProblem('internal_error');
}

/** Errors of Fastify and Nest themselves, told apart by their code and status. */
function frameworkProblem(error: unknown, request: ApiRequest): ProblemError | undefined {
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  if (status === undefined) return undefined;
  const code = fastifyCodeOf(error);
  if (status === 413) {
    const limit = request.routeOptions.bodyLimit ?? 0;
    return httpProblem('payload_too_large', `The body is larger than ${limit} bytes. Send less at once.`, {
      maxBytes: limit,
    });
  }
  if (status === 415) return httpProblem('unsupported_media_type');
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    return httpProblem('malformed_json', 'The body is empty. Send a JSON object, or leave Content-Type out.');
  }
  if (status === 400 && (error instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY')) {
    return httpProblem('malformed_json');
  }
  if (status === 404 && request.is404) {
    const path = pathOf(request.url);
    return httpProblem('route_not_found', `Nothing answers ${request.method} ${path}. The routes are listed at /docs.`);
  }
  if (status === 503) return stoppingProblem();
  if (status >= 500) return undefined;
  const message = error instanceof Error ? error.message : 'The request was refused.';
  if (status === 404) return httpProblem('not_found', message);
  if (status === 400) return httpProblem('bad_request', message);
  return new ProblemError('request_refused', status, 'Request refused', message);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function fastifyCodeOf(error: unknown): string | undefined {
  const source: unknown = error instanceof HttpException ? (error.cause ?? error) : error;
  if (typeof source !== 'object' || source === null || !('code' in source)) return undefined;
  return typeof source.code === 'string' ? source.code : undefined;
}
