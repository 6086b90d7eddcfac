import { Command } from '#libs/event-sourcing/src/command.js';
import type { ChangedBy } from '#libs/event-sourcing/src/event.js';
import type { DeletionReason, TaskRecord, TaskStatus } from '#libs/events/src/sales-activity.js';
import type { Archiving, Move, Restoration } from './archive.js';
import type { Parties, PartyRefusal } from './parties.js';

interface Task {
  readonly record: TaskRecord;
  readonly progress: TaskStatus;
  /** Who set the status that it has. */
  readonly progressBy?: ChangedBy | undefined;
  /** Due dates for which `task.due_soon` was told. */
  readonly toldDue: readonly string[];
}

export type TaskState =
  | { readonly status: 'none' }
  | ({ readonly status: 'active' } & Task)
  | ({
      readonly status: 'deleted';
      readonly reason: DeletionReason;
      readonly deletedBy?: ChangedBy | undefined;
    } & Task);

export type TaskRefusal =
  | PartyRefusal
  | 'task_not_found'
  | 'task_exists'
  | 'task_is_deleted'
  | 'task_not_deleted'
  | 'task_transition_impossible';

export class CreateTask extends Command<{ readonly record: TaskRecord; readonly parties: Parties }> {
  override readonly type = 'create_task';
}

/** What is left out stays. */
export class ChangeTask extends Command<{ readonly changes: Partial<TaskRecord>; readonly parties: Parties }> {
  override readonly type = 'change_task';
}

export class ChangeTaskStatus extends Command<{ readonly status: TaskStatus }> {
  override readonly type = 'change_task_status';
}

export class DeleteTask extends Command<Record<string, never>> {
  override readonly type = 'delete_task';
}

export class RestoreTask extends Command<Restoration> {
  override readonly type = 'restore_task';
}

/** The customer was deleted; what is about them goes with them. */
export class ArchiveTask extends Command<Archiving & { readonly reason: 'customer_deleted' }> {
  override readonly type = 'archive_task';
}

/** The user was deleted. What is open goes to `reassignTo`, the rest goes with the user. */
export class ReleaseTask extends Command<{ readonly userId: string; readonly reassignTo?: string }> {
  override readonly type = 'release_task';
}

/** The customer is back, and what went with them too. */
export class UnarchiveTask extends Command<{ readonly customerId: string }> {
  override readonly type = 'unarchive_task';
}

export class MoveTask extends Command<Move> {
  override readonly type = 'move_task';
}

/** Tells once that the task is due within 24 hours, if it is. */
export class TellDueSoon extends Command<{ readonly dueDate: string }> {
  override readonly type = 'tell_due_soon';
}

export type TaskCommand =
  | CreateTask
  | ChangeTask
  | ChangeTaskStatus
  | DeleteTask
  | RestoreTask
  | ArchiveTask
  | ReleaseTask
  | UnarchiveTask
  | MoveTask
  | TellDueSoon;
