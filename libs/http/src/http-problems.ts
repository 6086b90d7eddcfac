import { type ProblemTable, problemFactory } from './problem.js';

/** Codes that any route can answer. */
export type HttpProblemCode =
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
  | 'too_much_contention'
  | 'revision_mismatch'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'request_refused'
  | 'internal_error'
  | 'outcome_unknown'
  | 'shutting_down';

export const httpProblems: ProblemTable<HttpProblemCode> = {
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
  too_much_contention: { status: 409, title: 'Too many changes at once' },
  revision_mismatch: { status: 412, title: 'Changed in the meantime' },
  payload_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    whatToDo: 'Send the body as Content-Type: application/json.',
  },
  request_refused: { status: 400, title: 'Request refused' },
  internal_error: {
    status: 500,
    title: 'Internal error',
    whatToDo: 'Something went wrong on our side. Try again; if it stays, report the correlation id.',
  },
  outcome_unknown: { status: 503, title: 'Outcome unknown' },
  shutting_down: {
    status: 503,
    title: 'Shutting down',
    whatToDo: 'This process is stopping. Send the request again in a few seconds.',
  },
};

export const httpProblem = problemFactory(httpProblems);
