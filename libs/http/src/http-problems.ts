import { OutcomeUnknown } from '#libs/event-sourcing/src/errors.js';
import { awayStore } from '#libs/event-sourcing/src/infrastructure-error.js';
import { type ProblemError, type ProblemTable, problemFactory } from './problem.js';

/** Codes that any route can answer. */
type HttpProblemCode =
  | 'bad_request'
  | 'malformed_json'
  | 'validation_failed'
  | 'invalid_cursor'
  | 'unknown_sort'
  | 'malformed_if_match'
  | 'malformed_idempotency_key'
  | 'idempotency_key_reused'
  | 'not_found'
  | 'route_not_found'
  | 'subject_erased'
  | 'too_much_contention'
  | 'revision_mismatch'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'request_timeout'
  | 'request_refused'
  | 'internal_error'
  | 'event_store_unavailable'
  | 'database_unavailable'
  | 'personal_keys_unavailable'
  | 'overloaded'
  | 'temporarily_unavailable'
  | 'outcome_unknown'
  | 'malformed_await_position'
  | 'position_unknown'
  | 'read_model_behind'
  | 'log_replaced'
  | 'shutting_down';

const httpProblems: ProblemTable<HttpProblemCode> = {
  bad_request: { status: 400, title: 'Bad request' },
  malformed_json: {
    status: 400,
    title: 'Malformed JSON',
    whatToDo: 'The body is not valid JSON. Send one JSON object, encoded as UTF-8.',
  },
  validation_failed: {
    status: 400,
    title: 'Invalid input',
    whatToDo: 'Correct the fields listed in "errors" and send the request again.',
  },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    whatToDo: 'Use the "next" value of the previous page unchanged, with the same "sort", or leave "cursor" out.',
  },
  unknown_sort: { status: 400, title: 'Unknown sort order' },
  malformed_if_match: {
    status: 400,
    title: 'Malformed If-Match',
    whatToDo: 'Send the ETag of the resource as you read it, for example If-Match: "5".',
  },
  malformed_idempotency_key: {
    status: 400,
    title: 'Malformed Idempotency-Key',
    whatToDo: 'Send 1 to 255 visible ASCII characters, for example a UUID.',
  },
  idempotency_key_reused: { status: 422, title: 'Idempotency key reused' },
  not_found: { status: 404, title: 'Not found' },
  route_not_found: { status: 404, title: 'No such route' },
  subject_erased: { status: 410, title: 'Personal data was erased' },
  too_much_contention: { status: 409, title: 'Too many changes at once' },
  revision_mismatch: { status: 412, title: 'Changed in the meantime' },
  payload_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    whatToDo: 'Send the body as Content-Type: application/json.',
  },
  headers_too_large: {
    status: 431,
    title: 'URL and headers too large',
    whatToDo: 'The URL and the headers together have at most 16 KiB. Send less.',
  },
  request_timeout: {
    status: 408,
    title: 'Request came too slowly',
    whatToDo: 'The request did not arrive in time. Check the connection and send it again.',
  },
  request_refused: { status: 400, title: 'Request refused' },
  internal_error: {
    status: 500,
    title: 'Internal error',
    whatToDo: 'Something went wrong on our side. Try again; if it stays, report the correlation id.',
  },
  event_store_unavailable: {
    status: 503,
    title: 'Event store unavailable',
    whatToDo:
      'The event store does not answer. Send the request again in a few seconds, a change with the same ' +
      'Idempotency-Key: it is carried out once.',
  },
  database_unavailable: {
    status: 503,
    title: 'Database unavailable',
    whatToDo:
      'The database does not answer, or not soon enough. Send the request again in a few seconds, a change with the ' +
      'same Idempotency-Key: it is carried out once.',
  },
  personal_keys_unavailable: { status: 503, title: 'Keys of personal data unavailable' },
  overloaded: {
    status: 503,
    title: 'Too many requests at once',
    whatToDo:
      'This process has as much in hand as it can take; nothing was done. Send the request again a little later.',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    whatToDo: 'A part of the system does not answer just now. Try again in a few seconds.',
  },
  outcome_unknown: {
    status: 503,
    title: 'Outcome unknown',
    whatToDo:
      'A part of the system does not answer, so it is not known whether this was carried out. Send it again with the ' +
      'same Idempotency-Key; if it had none, look first what happened.',
  },
  malformed_await_position: {
    status: 400,
    title: 'Malformed X-Await-Position',
    whatToDo: 'Send the X-Event-Position that a command answered, a decimal number.',
  },
  position_unknown: { status: 400, title: 'Unknown position' },
  read_model_behind: { status: 503, title: 'Read model is behind' },
  log_replaced: {
    status: 503,
    title: 'The event log was replaced',
    whatToDo:
      'The event log is not the one that this process has worked with, so it decides nothing. Tell an operator: /ready ' +
      'says what does not fit and what to do.',
  },
  shutting_down: {
    status: 503,
    title: 'Shutting down',
    whatToDo: 'This process is stopping. Send the request again in a few seconds.',
  },
};

export const httpProblem = problemFactory(httpProblems);

const retrySoon = { 'Retry-After': '2' };

/** Something that the request needs is away or too slow: a read has lost nothing, a change may have happened. */
export function awayProblem(method: string): ProblemError {
  const code = method === 'GET' || method === 'HEAD' ? 'temporarily_unavailable' : 'outcome_unknown';
  return httpProblem(code, undefined, {}, retrySoon);
}

/** Names the store that is away. An append without an answer is the one thing that may have happened. */
export function storeAwayProblem(error: unknown, method: string): ProblemError {
  if (error instanceof OutcomeUnknown) return httpProblem('outcome_unknown', error.message, {}, retrySoon);
  const store = awayStore(error);
  if (store === undefined) return awayProblem(method);
  const code = store === 'event store' ? 'event_store_unavailable' : 'database_unavailable';
  return httpProblem(code, undefined, {}, retrySoon);
}

/** Refused before anything was done. */
export function overloadedProblem(): ProblemError {
  return httpProblem('overloaded', undefined, {}, { 'Retry-After': '1' });
}

/** This process stops; another one, or the next one, takes the request. */
export function stoppingProblem(): ProblemError {
  return httpProblem('shutting_down', undefined, {}, { 'Retry-After': '5' });
}
