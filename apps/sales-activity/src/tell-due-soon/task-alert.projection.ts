import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import type { TaskEvents } from '#libs/events/src/sales-activity.js';
import { isOpen } from '../domain/task-transitions.js';
import { dueSoonMs } from '../domain/task.decider.js';
import { TaskAlert } from './task-alert.entity.js';

const keys = ({ data }: { readonly data: { readonly taskId: string } }): string[] => [data.taskId];

export const taskAlertProjection = projection<TaskAlert, TaskEvents>({
  name: 'task_alert',
  version: 1,
  entity: TaskAlert,
  on: {
    'task.created': {
      keys,
      evolve: (_row, event) => {
        const { taskId, dueDate, status } = event.data;
        const { correlationId } = event.metadata;
        const row = { taskId, dueDate, status, deleted: false, told: [], dueAt: null, correlationId };
        return { ...row, dueAt: dueAt(row, event) };
      },
    },
    'task.updated': {
      keys,
      evolve: (row, event) => row && next(row, { dueDate: event.data.dueDate, status: event.data.status }, event),
    },
    'task.completed': { keys, evolve: (row, event) => row && next(row, { status: 'COMPLETED' }, event) },
    'task.due_soon': {
      keys,
      evolve: (row, event) => row && next(row, { told: [...row.told, event.data.dueDate] }, event),
    },
    'task.deleted': { keys, evolve: (row, event) => row && next(row, { deleted: true }, event) },
    'task.restored': { keys, evolve: (row, event) => row && next(row, { deleted: false }, event) },
  },
});

function next(row: TaskAlert, changes: Partial<TaskAlert>, event: RecordedEvent): TaskAlert {
  const after = { ...row, ...changes };
  // An alert that is late stays due while its task changes in something else.
  const stays = row.dueAt !== null && row.dueDate === after.dueDate && isWanted(after);
  return { ...after, dueAt: stays ? row.dueAt : dueAt(after, event) };
}

function isWanted({ dueDate, status, deleted, told }: TaskAlert): boolean {
  return dueDate !== null && isOpen(status) && !deleted && !told.includes(dueDate);
}

/** Nothing is told of what was overdue when it was said. */
function dueAt(row: TaskAlert, { metadata }: RecordedEvent): Date | null {
  const due = Date.parse(row.dueDate ?? '');
  return isWanted(row) && due > Date.parse(metadata.occurredAt) ? new Date(due - dueSoonMs) : null;
}
