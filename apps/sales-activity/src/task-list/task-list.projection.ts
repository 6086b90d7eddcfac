import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { erased } from '#libs/events/src/erased.js';
import type { ErasureEvents } from '#libs/events/src/erasure.js';
import { taskPriorities, type TaskEvents, type TaskRecord, type TaskStatus } from '#libs/events/src/sales-activity.js';
import { isOpen } from '../domain/task-transitions.js';
import { whenSubjectErased } from '../erased-texts.js';
import { never, TaskRow } from './task.entity.js';

const keys = ({ data }: { readonly data: { readonly taskId: string } }): string[] => [data.taskId];

export const taskListProjection = projection<TaskRow, TaskEvents & ErasureEvents>({
  name: 'task_list',
  version: 1,
  entity: TaskRow,
  on: {
    'task.created': {
      keys,
      evolve: (_row, event) => ({
        id: event.data.taskId,
        ...content(event.data),
        ...standing(event.data.status),
        ...notDeleted,
        completedAt: null,
        createdAt: new Date(event.metadata.occurredAt),
        ...touched(event),
      }),
    },
    'task.updated': {
      keys,
      evolve: (row, event) =>
        row && {
          ...row,
          ...content(event.data),
          ...standing(event.data.status, row.deleted),
          completedAt: event.data.status === 'COMPLETED' ? row.completedAt : null,
          ...touched(event),
        },
    },
    'task.reassigned': { keys, evolve: (row, event) => row && { ...row, ...content(event.data), ...touched(event) } },
    'task.completed': {
      keys,
      evolve: (row, event) =>
        row && {
          ...row,
          ...standing('COMPLETED'),
          completedAt: new Date(event.metadata.occurredAt),
          ...touched(event),
        },
    },
    'task.due_soon': { keys, evolve: (row, event) => row && { ...row, ...touched(event) } },
    'task.deleted': {
      keys,
      evolve: (row, event) =>
        row && {
          ...row,
          open: false,
          deleted: true,
          deletedAt: new Date(event.metadata.occurredAt),
          deletedReason: event.data.reason,
          ...touched(event),
        },
    },
    'task.restored': {
      keys,
      evolve: (row, event) => row && { ...row, ...standing(row.status), ...notDeleted, ...touched(event) },
    },
    ...whenSubjectErased<TaskRow>({ title: erased, description: erased }),
  },
});

const notDeleted = { deleted: false, deletedAt: null, deletedReason: null };

function content({ customerId, userId, title, description, dueDate, priority }: TaskRecord) {
  return {
    customerId,
    userId,
    title,
    description,
    dueDate: new Date(dueDate ?? never),
    priority: taskPriorities.indexOf(priority) + 1,
    subject: customerId === null ? `user:${userId}` : `customer:${customerId}`,
  };
}

function standing(status: TaskStatus, deleted = false): Pick<TaskRow, 'status' | 'open'> {
  return { status, open: isOpen(status) && !deleted };
}

function touched({ revision, metadata }: RecordedEvent): Pick<TaskRow, 'revision' | 'updatedAt'> {
  return { revision, updatedAt: new Date(metadata.occurredAt) };
}
