import { CommandIdReused, CommandRefused, LogReplaced, TooMuchContention } from '#libs/event-sourcing/src/errors.js';
import { failureReason } from '#libs/event-sourcing/src/failure-reason.js';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { ProblemError } from '#libs/http/src/problem.js';
import type { FieldError } from '#libs/http/src/validation.js';
import type { Mistake } from './intake-tables.js';

/**
 * What is wrong with an item, so that the others can go on.
 * @throws the error itself where it is not the item's fault: something is away, and the same work succeeds later
 */
export function mistakesOf(error: unknown): readonly Mistake[] {
  if (error instanceof ProblemError) {
    const errors = error.extensions['errors'] as readonly FieldError[] | undefined;
    return errors?.map(({ pointer, detail }) => ({ pointer, detail })) ?? [{ pointer: '', detail: error.detail }];
  }
  if (error instanceof CommandIdReused) {
    return [{ pointer: '/eventId', detail: 'This eventId came with another content before. Give each event its own.' }];
  }
  if (error instanceof CommandRefused) return [{ pointer: '', detail: error.refusal.detail }];
  const passes = error instanceof LogReplaced || error instanceof TooMuchContention || isInfrastructureError(error);
  if (passes) throw error;
  return [{ pointer: '', detail: `${failureReason(error)}. Tell those who run Keiyaku.` }];
}
