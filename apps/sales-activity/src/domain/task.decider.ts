import { type Decider, type Made, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { TaskEvent, TaskEvents, TaskField, TaskRecord } from '#libs/events/src/sales-activity.js';
import { changedFields, isArchivedBy } from './archive.js';
import { customerIsDeleted, partyRefusal, userIsDeleted } from './parties.js';
import type {
  ChangeTaskStatus,
  ReleaseTask,
  RestoreTask,
  TaskCommand,
  TaskRefusal,
  TaskState,
  TellDueSoon,
} from './task.js';
import { isOpen, transitionRefusal } from './task-transitions.js';

type Decision = readonly TaskEvent[] | Refusal<TaskRefusal>;
type KnownTask = Exclude<TaskState, { status: 'none' }>;

/** How long before its due date a task is due soon. */
export const dueSoonMs = 24 * 60 * 60 * 1000;

export const taskDecider: Decider<TaskState, TaskCommand, TaskEvent, TaskRefusal> = {
  category: 'task',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: TaskCommand, task: TaskState): Decision {
  if (command.type === 'create_task') {
    const { record, parties } = command.data;
    if (task.status !== 'none') return new Refusal('task_exists', 'A task with this id exists. Read it.');
    const created = { taskId: command.target, ...record, status: 'TODO' } as const;
    return partyRefusal(parties) ?? [{ type: 'task.created', data: created }];
  }
  if (task.status === 'none') {
    return new Refusal('task_not_found', 'No task has this id. GET /api/tasks lists them.');
  }
  const { record } = task;
  const reason = reasonOf(task);
  const ids = idsOf(command.target, task);
  switch (command.type) {
    case 'change_task':
      if (task.status === 'deleted') return isDeleted(task);
      return partyRefusal(command.data.parties) ?? changed(command.target, task, command.data.changes);
    case 'change_task_status':
      return changeStatus(command, task);
    case 'delete_task':
      return task.status === 'deleted'
        ? isDeleted(task)
        : [{ type: 'task.deleted', data: { ...ids, reason: 'requested' } }];
    case 'restore_task':
      return restore(command, task);
    case 'archive_task':
      if (record.customerId !== command.data.of || !isArchivedBy(command.data.reason, reason)) return [];
      return [{ type: 'task.deleted', data: { ...ids, reason: command.data.reason } }];
    case 'release_task':
      return release(command, task);
    case 'unarchive_task':
      if (reason !== 'customer_deleted' || record.customerId !== command.data.customerId) return [];
      return [{ type: 'task.restored', data: { ...ids, reason } }];
    case 'move_task': {
      const { from, to } = command.data;
      if (record.customerId !== from) return [];
      const moved = changed(command.target, task, { customerId: to });
      // It went with the customer who is part of the other now, and the other is there.
      if (reason !== 'customer_deleted') return moved;
      return [...moved, { type: 'task.restored', data: { ...ids, customerId: to, reason } }];
    }
    case 'tell_due_soon':
      return tellDueSoon(command, task);
    default:
      return unreachable(command);
  }
}

function changed(taskId: string, task: KnownTask, changes: Partial<TaskRecord>): readonly TaskEvent[] {
  const { record: before, progress: status } = task;
  const { userId, ...rest } = { ...before, ...changes };
  const record = { ...rest, userId: before.userId };
  const fields = changedFields(before, record) as TaskField[];
  return [
    ...(fields.length > 0
      ? [{ type: 'task.updated', data: { taskId, ...record, status, changed: fields } } as const]
      : []),
    ...reassigned(taskId, { ...task, record }, userId, 'requested'),
  ];
}

function reassigned(
  taskId: string,
  { record, progress: status }: KnownTask,
  userId: string,
  cause: TaskEvents['task.reassigned']['cause'],
): readonly TaskEvent[] {
  if (userId === record.userId) return [];
  const data = { taskId, ...record, userId, status, previousUserId: record.userId, cause };
  return [{ type: 'task.reassigned', data }];
}

function changeStatus({ target, data: { status } }: ChangeTaskStatus, task: KnownTask): Decision {
  if (task.status === 'deleted') return isDeleted(task);
  const { record, progress } = task;
  if (status === progress) return [];
  const refused = transitionRefusal(progress, status, task.progressBy);
  if (refused) return refused;
  if (status === 'COMPLETED') {
    return [{ type: 'task.completed', data: { ...idsOf(target, task), previousStatus: progress } }];
  }
  return [{ type: 'task.updated', data: { taskId: target, ...record, status, changed: ['status'] } }];
}

function restore({ target, data }: RestoreTask, task: KnownTask): Decision {
  if (task.status === 'active') {
    return new Refusal('task_not_deleted', 'This task is not deleted. There is nothing to restore.');
  }
  const { record, reason } = task;
  const userId = data.userId ?? record.userId;
  if (reason === 'customer_deleted') return customerIsDeleted();
  if (reason === 'user_deleted' && userId === record.userId) return userIsDeleted();
  const refused = partyRefusal(data.parties);
  if (refused) return refused;
  return [
    { type: 'task.restored', data: { ...idsOf(target, task), reason } },
    ...reassigned(target, task, userId, 'requested'),
  ];
}

function release({ target, data: { userId, reassignTo } }: ReleaseTask, task: KnownTask): Decision {
  if (task.record.userId !== userId || !isArchivedBy('user_deleted', reasonOf(task))) return [];
  if (reassignTo !== undefined && isOpen(task.progress)) return reassigned(target, task, reassignTo, 'user_deleted');
  return [{ type: 'task.deleted', data: { ...idsOf(target, task), reason: 'user_deleted' } }];
}

function tellDueSoon({ target, data: { dueDate }, context }: TellDueSoon, task: KnownTask): Decision {
  const { record, progress, toldDue, status } = task;
  const isDue = Date.parse(dueDate) - dueSoonMs <= Date.parse(context.occurredAt);
  const isWanted = status === 'active' && isOpen(progress) && record.dueDate === dueDate && !toldDue.includes(dueDate);
  if (!isWanted || !isDue) return [];
  return [{ type: 'task.due_soon', data: { ...idsOf(target, task), title: record.title, dueDate } }];
}

function idsOf(taskId: string, { record: { customerId, userId } }: KnownTask) {
  return { taskId, customerId, userId };
}

function reasonOf(task: KnownTask) {
  return task.status === 'deleted' ? task.reason : undefined;
}

function isDeleted({ deletedBy }: Extract<TaskState, { status: 'deleted' }>): Refusal<TaskRefusal> {
  const detail = 'This task is deleted. Bring it back first: POST /api/tasks/{id}/restore.';
  return new Refusal('task_is_deleted', detail, { changedBy: deletedBy });
}

function evolve(task: TaskState, event: TaskEvent & Made): TaskState {
  if (event.type === 'task.created') {
    const { taskId: _, status: progress, ...record } = event.data;
    return { status: 'active', record, progress, progressBy: event.changedBy, toldDue: [] };
  }
  if (task.status === 'none') return task;
  switch (event.type) {
    case 'task.updated': {
      const { taskId: _, status: progress, changed: _changed, ...record } = event.data;
      return { ...task, record, progress, ...(progress !== task.progress && { progressBy: event.changedBy }) };
    }
    case 'task.reassigned': {
      const { taskId: _, status: progress, previousUserId: _previous, cause: _cause, ...record } = event.data;
      return { ...task, record, progress };
    }
    case 'task.completed':
      return { ...task, progress: 'COMPLETED', progressBy: event.changedBy };
    case 'task.due_soon':
      return { ...task, toldDue: [...task.toldDue, event.data.dueDate] };
    case 'task.deleted':
      return { ...task, status: 'deleted', reason: event.data.reason, deletedBy: event.changedBy };
    case 'task.restored': {
      const { record, progress, progressBy, toldDue } = task;
      return { status: 'active', record, progress, progressBy, toldDue };
    }
    default:
      return unreachable(event);
  }
}
