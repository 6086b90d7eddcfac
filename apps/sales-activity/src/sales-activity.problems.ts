import { problemFactory, type ProblemTable } from '#libs/http/src/problem.js';
import type { MeetingRefusal } from './domain/meeting.js';
import type { TaskRefusal } from './domain/task.js';

type SalesActivityProblemCode = MeetingRefusal | TaskRefusal | 'user_needed';

export const salesActivityProblems: ProblemTable<SalesActivityProblemCode> = {
  customer_unknown: { status: 422, title: 'Unknown customer' },
  customer_is_deleted: { status: 409, title: 'Customer is deleted' },
  customer_is_merged: { status: 409, title: 'Customer was merged' },
  user_unknown: { status: 422, title: 'Unknown user' },
  user_is_deleted: { status: 409, title: 'User is deleted' },
  user_needed: {
    status: 422,
    title: 'User needed',
    whatToDo: 'A machine client has no meetings and tasks of its own. Name the user as userId.',
  },
  meeting_not_found: {
    status: 404,
    title: 'No such meeting',
    whatToDo: 'No meeting has this id, or it is deleted: read it with ?deleted=true. GET /api/meetings lists meetings.',
  },
  meeting_exists: { status: 409, title: 'Meeting exists' },
  meeting_is_deleted: { status: 409, title: 'Meeting is deleted' },
  meeting_not_deleted: { status: 409, title: 'Meeting is not deleted' },
  task_not_found: {
    status: 404,
    title: 'No such task',
    whatToDo: 'No task has this id, or it is deleted: read it with ?deleted=true. GET /api/tasks lists tasks.',
  },
  task_exists: { status: 409, title: 'Task exists' },
  task_is_deleted: { status: 409, title: 'Task is deleted' },
  task_not_deleted: { status: 409, title: 'Task is not deleted' },
  task_transition_impossible: { status: 409, title: 'Task can not become that' },
};

export const salesActivityProblem = problemFactory(salesActivityProblems);
