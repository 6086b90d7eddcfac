import { Refusal } from '#libs/event-sourcing/src/decider.js';
import type { ChangedBy } from '#libs/event-sourcing/src/event.js';
import type { TaskStatus } from '#libs/events/src/sales-activity.js';

/** Where a task may go from where it stands. What was called off starts over before it can be done. */
export const transitions: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  TODO: ['IN_PROGRESS', 'COMPLETED', 'CANCELLED'],
  IN_PROGRESS: ['TODO', 'COMPLETED', 'CANCELLED'],
  COMPLETED: ['TODO', 'IN_PROGRESS'],
  CANCELLED: ['TODO'],
};

export function isOpen(status: TaskStatus): boolean {
  return status === 'TODO' || status === 'IN_PROGRESS';
}

/** @param changedBy who made it what it is */
export function transitionRefusal(
  from: TaskStatus,
  to: TaskStatus,
  changedBy: ChangedBy | undefined,
): Refusal<'task_transition_impossible'> | undefined {
  if (transitions[from].includes(to)) return undefined;
  const detail = `A task that is ${from} can't become ${to}. It can become ${transitions[from].join(' or ')}.`;
  return new Refusal('task_transition_impossible', detail, {
    currentStatus: from,
    allowed: transitions[from],
    changedBy,
  });
}
