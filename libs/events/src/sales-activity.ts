import type { EventOf, EventTable } from './event-table.js';

export const taskStatuses = ['TODO', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const taskPriorities = ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] as const;
export type TaskPriority = (typeof taskPriorities)[number];

/** Why a meeting or task is out of sight. What went with its customer comes back with them. */
export const deletionReasons = ['requested', 'customer_deleted', 'user_deleted'] as const;
export type DeletionReason = (typeof deletionReasons)[number];

export interface MeetingRecord {
  readonly customerId: string;
  /** Whose meeting it is. */
  readonly userId: string;
  /** ISO instant. */
  readonly date: string;
  readonly summary: string;
  readonly location: string | null;
  readonly durationMinutes: number | null;
}

export interface TaskRecord {
  /** Null for a task that is about no customer. */
  readonly customerId: string | null;
  /** Who is to do it. */
  readonly userId: string;
  readonly title: string;
  readonly description: string | null;
  /** ISO instant. */
  readonly dueDate: string | null;
  readonly priority: TaskPriority;
}

export type MeetingField = keyof MeetingRecord;
/** Somebody else's task it becomes by `task.reassigned`. */
export type TaskField = Exclude<keyof TaskRecord, 'userId'> | 'status';

interface Meeting {
  readonly meetingId: string;
}

interface Task {
  readonly taskId: string;
}

interface Parties<Customer> {
  readonly customerId: Customer;
  readonly userId: string;
}

export interface MeetingEvents {
  'meeting.created': Meeting & MeetingRecord;
  /** The record as it is now, and what of it is new. */
  'meeting.updated': Meeting & MeetingRecord & { readonly changed: readonly MeetingField[] };
  'meeting.deleted': Meeting & Parties<string> & { readonly reason: DeletionReason };
  /** `reason` is that of the deletion which it takes back. */
  'meeting.restored': Meeting & Parties<string> & { readonly reason: DeletionReason };
}

export interface TaskEvents {
  'task.created': Task & TaskRecord & { readonly status: 'TODO' };
  /** The record as it is now, and what of it is new. */
  'task.updated': Task & TaskRecord & { readonly status: TaskStatus; readonly changed: readonly TaskField[] };
  'task.reassigned': Task &
    TaskRecord & {
      readonly status: TaskStatus;
      readonly previousUserId: string;
      readonly cause: 'requested' | 'user_deleted';
    };
  'task.completed': Task & Parties<string | null> & { readonly previousStatus: TaskStatus };
  /** Once for each due date of a task. */
  'task.due_soon': Task & Parties<string | null> & { readonly title: string; readonly dueDate: string };
  'task.deleted': Task & Parties<string | null> & { readonly reason: DeletionReason };
  /** `reason` is that of the deletion which it takes back. */
  'task.restored': Task & Parties<string | null> & { readonly reason: DeletionReason };
}

export type MeetingEvent = EventOf<MeetingEvents>;
export type TaskEvent = EventOf<TaskEvents>;

const meetingTexts = {
  personal: ['summary', 'location'],
  subject: { kind: 'customer', id: 'customerId' },
} as const;

const taskSubject = {
  kind: 'customer',
  id: 'customerId',
  otherwise: { kind: 'user', id: 'userId' },
} as const;
const taskTexts = { personal: ['title', 'description'], subject: taskSubject } as const;

export const meetingEvents: EventTable<MeetingEvents> = {
  'meeting.created': { version: 1, description: 'A meeting with a customer was put on record.', ...meetingTexts },
  'meeting.updated': { version: 1, description: 'The record of a meeting says something else now.', ...meetingTexts },
  'meeting.deleted': { version: 1, description: 'A meeting was deleted, or went with its customer or user.' },
  'meeting.restored': { version: 1, description: 'A deleted meeting is back.' },
};

export const taskEvents: EventTable<TaskEvents> = {
  'task.created': { version: 1, description: 'Somebody has something to do.', ...taskTexts },
  'task.updated': { version: 1, description: 'A task says something else now, or stands otherwise.', ...taskTexts },
  'task.reassigned': { version: 1, description: 'A task is somebody else’s now.', ...taskTexts },
  'task.completed': { version: 1, description: 'A task is done.' },
  'task.due_soon': {
    version: 1,
    description: 'A task is due within 24 hours.',
    personal: ['title'],
    subject: taskSubject,
  },
  'task.deleted': { version: 1, description: 'A task was deleted, or went with its customer or user.' },
  'task.restored': { version: 1, description: 'A deleted task is back.' },
};
