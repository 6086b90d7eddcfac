import { ApiError } from './api-error.js';
import type { AnswerFailure } from './failure-orders.js';
import { resourceOf } from './kinds.js';
import type { Target } from './routes.js';

/** The answer of a real API server with such a status, in its words unless others were ordered. */
export function answerOf(
  { status, message, retryAfterSeconds }: AnswerFailure,
  method: string,
  target: Target,
): ApiError {
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  const [reason, words] = wordsOf(status, method, target);
  return new ApiError(status, reason, message ?? words, details);
}

function wordsOf(status: AnswerFailure['status'], method: string, { kind, namespace }: Target): [string, string] {
  switch (status) {
    case 401:
      return ['Unauthorized', 'Unauthorized'];
    case 403: {
      const verb = { GET: 'get', PATCH: 'patch', DELETE: 'delete', POST: 'create', PUT: 'update' }[method] ?? 'get';
      const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      const what = `cannot ${verb} resource "${kind.plural}" in API group "${kind.group}" ${where}`;
      return ['Forbidden', `${resourceOf(kind)} is forbidden: User "simulated" ${what}`];
    }
    case 429:
      return ['TooManyRequests', 'too many requests, please try again later'];
    case 500:
      return ['InternalError', 'Internal error occurred: etcdserver: leader changed'];
    case 503:
      return ['ServiceUnavailable', 'the server is currently unable to handle the request'];
    default:
      return ['Timeout', 'request did not complete within the allotted timeout'];
  }
}
