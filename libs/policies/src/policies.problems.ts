import type { ParkedEventRefusal } from '#libs/event-sourcing/src/parked-event.js';
import { type ProblemTable, problemFactory } from '#libs/http/src/problem.js';

export type PolicyProblemCode =
  | ParkedEventRefusal
  | 'parked_event_not_found'
  | 'parked_event_waits'
  | 'parked_event_replayed'
  | 'policy_not_declared';

export const policyProblems: ProblemTable<PolicyProblemCode> = {
  parked_event_not_found: {
    status: 404,
    title: 'No such parked event',
    whatToDo: 'No parked event has this id. Take one from GET /api/policies/parked.',
  },
  parked_event_waits: {
    status: 409,
    title: 'Parked event waits behind another',
    whatToDo: 'An earlier event of the same key is parked. Replay or skip that one; this one follows by itself.',
  },
  parked_event_replayed: {
    status: 409,
    title: 'Parked event replayed already',
    whatToDo: 'The policy has handled this event. Nothing is left to do.',
  },
  parked_event_skipped: {
    status: 409,
    title: 'Parked event skipped already',
    whatToDo: 'An operator skipped this event. Nothing is left to do.',
  },
  policy_not_declared: {
    status: 409,
    title: 'Policy not declared',
    whatToDo: 'This program has no policy of that name any more. Deploy one that has it, and decide then.',
  },
};

export const policyProblem = problemFactory(policyProblems);
