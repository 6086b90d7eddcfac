import { problemFactory, type ProblemError, type ProblemTable } from '#libs/http/src/problem.js';

type GatewayProblemCode = 'service_unavailable' | 'service_overloaded' | 'service_outcome_unknown';

const gatewayProblems: ProblemTable<GatewayProblemCode> = {
  service_unavailable: { status: 503, title: 'Service unavailable' },
  service_overloaded: { status: 503, title: 'Service overloaded' },
  service_outcome_unknown: { status: 503, title: 'Outcome unknown' },
};

const problem = problemFactory(gatewayProblems);

/** Nothing was done. */
export function serviceUnavailable(service: string): ProblemError {
  const detail =
    `The service ${service} does not answer just now, and nothing was done. Send the request again in a few seconds. ` +
    'What other services answer goes on.';
  return problem('service_unavailable', detail, { service }, { 'Retry-After': '2' });
}

/** Nothing was done. */
export function serviceOverloaded(service: string): ProblemError {
  const detail =
    `As many requests wait for the service ${service} as it can take, and nothing was done. Send the request again a ` +
    'little later.';
  return problem('service_overloaded', detail, { service }, { 'Retry-After': '1' });
}

/** A change was sent, and no answer came. */
export function serviceOutcomeUnknown(service: string): ProblemError {
  const detail =
    `The service ${service} took the request and did not answer, so it is not known whether this was carried out. ` +
    'Send it again with the same Idempotency-Key; if it had none, look first what happened.';
  return problem('service_outcome_unknown', detail, { service }, { 'Retry-After': '2' });
}
