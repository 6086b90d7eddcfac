import {
  CommandIdReused,
  CommandRefused,
  LogReplaced,
  PositionUnknown,
  ReadModelBehind,
  RevisionMismatch,
  SubjectErased,
  TooMuchContention,
} from '#libs/event-sourcing/src/errors.js';
import { lacksColumn } from '#libs/event-sourcing/src/infrastructure-error.js';
import { SubjectKeysUnavailable } from '#libs/personal-data/src/subject-keys.js';
import { httpProblem } from './http-problems.js';
import { ProblemError, publishedProblem } from './problem.js';

/** Answers the errors that the command handler throws. A refusal needs its code in a registered table. */
export function kernelProblem(error: unknown): ProblemError | undefined {
  if (error instanceof SubjectErased) return httpProblem('subject_erased', error.message, error.refusal.facts);
  if (error instanceof SubjectKeysUnavailable) {
    return httpProblem('personal_keys_unavailable', error.message, {}, { 'Retry-After': '2' });
  }
  if (error instanceof CommandRefused) {
    const { code, detail, facts } = error.refusal;
    const known = publishedProblem(code);
    return known && new ProblemError(code, known.status, known.title, detail, facts);
  }
  if (error instanceof RevisionMismatch) {
    const { expected, actual, changedBy } = error;
    const who = changedBy ? ` ${changedBy.actor} changed it at ${changedBy.at} (${changedBy.event}).` : '';
    return httpProblem(
      'revision_mismatch',
      `You sent revision ${expected}, it is at ${actual} now.${who} Read it again and decide anew.`,
      { expectedRevision: expected, currentRevision: actual, ...(changedBy && { changedBy }) },
    );
  }
  if (error instanceof TooMuchContention) {
    return httpProblem('too_much_contention', error.message, {}, { 'Retry-After': '1' });
  }
  if (error instanceof CommandIdReused) return httpProblem('idempotency_key_reused', error.message);
  if (error instanceof PositionUnknown) return httpProblem('position_unknown', error.message);
  if (error instanceof ReadModelBehind) {
    return httpProblem('read_model_behind', error.message, {}, { 'Retry-After': '1' });
  }
  if (lacksColumn(error)) {
    const detail =
      'What this needs is being made anew for the version of the program that runs, and lacks a part until then. ' +
      'Send the request again in a while; if that does not help, tell an operator.';
    return httpProblem('read_model_behind', detail, {}, { 'Retry-After': '5' });
  }
  // What it says of positions is for operators: /ready tells them.
  if (error instanceof LogReplaced) return httpProblem('log_replaced', undefined, {}, { 'Retry-After': '60' });
  return undefined;
}
