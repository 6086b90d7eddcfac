import { describe, expect, it } from 'vitest';
import type { DeletionReason, TaskEvent, TaskField, TaskRecord, TaskStatus } from '#libs/events/src/sales-activity.js';
import { taskStatuses } from '#libs/events/src/sales-activity.js';
import { given, testContext } from '#libs/testing/src/given.js';
import type { Parties } from './parties.js';
import { taskDecider } from './task.decider.js';
import {
  ArchiveTask,
  ChangeTask,
  ChangeTaskStatus,
  CreateTask,
  DeleteTask,
  MoveTask,
  ReleaseTask,
  RestoreTask,
  type TaskRefusal,
  TellDueSoon,
  UnarchiveTask,
} from './task.js';
import { transitions } from './task-transitions.js';

const dueDate = '2026-01-06T12:00:00.000Z';
const record: TaskRecord = {
  customerId: 'c1',
  userId: 'u1',
  title: '見積書を送る',
  description: null,
  dueDate,
  priority: 'HIGH',
};
const parties: Parties = { customer: { is: 'active' }, user: 'active' };
const context = testContext();
const ids = { taskId: 't1', customerId: 'c1', userId: 'u1' };
const created: TaskEvent = { type: 'task.created', data: { taskId: 't1', ...record, status: 'TODO' } };
const deleted = (reason: DeletionReason): TaskEvent => ({ type: 'task.deleted', data: { ...ids, reason } });
const restored = (reason: DeletionReason): TaskEvent => ({ type: 'task.restored', data: { ...ids, reason } });
const updated = (changes: Partial<Omit<TaskRecord, 'userId'> & { status: TaskStatus }>): TaskEvent => ({
  type: 'task.updated',
  data: { taskId: 't1', ...record, status: 'TODO', ...changes, changed: Object.keys(changes) as TaskField[] },
});
const reassigned = (
  userId: string,
  cause: 'requested' | 'user_deleted',
  changes: Partial<TaskRecord> = {},
): TaskEvent => ({
  type: 'task.reassigned',
  data: { taskId: 't1', ...record, ...changes, userId, status: 'TODO', previousUserId: 'u1', cause },
});
const completed = (previousStatus: TaskStatus): TaskEvent => ({
  type: 'task.completed',
  data: { ...ids, previousStatus },
});
const told: TaskEvent = { type: 'task.due_soon', data: { ...ids, title: record.title, dueDate } };
/** The events that lead there. */
const standing: Record<TaskStatus, TaskEvent[]> = {
  TODO: [created],
  IN_PROGRESS: [created, updated({ status: 'IN_PROGRESS' })],
  COMPLETED: [created, completed('TODO')],
  CANCELLED: [created, updated({ status: 'CANCELLED' })],
};

const create = (named: Parties = parties) => new CreateTask('t1', { record, parties: named }, context);
const change = (changes: Partial<TaskRecord>, named: Parties = {}) =>
  new ChangeTask('t1', { changes, parties: named }, context);
const become = (status: TaskStatus) => new ChangeTaskStatus('t1', { status }, context);
const restore = (userId?: string, named: Parties = parties) =>
  new RestoreTask('t1', { ...(userId !== undefined && { userId }), parties: named }, context);
const remove = new DeleteTask('t1', {}, context);
const archive = (of: string) => new ArchiveTask('t1', { reason: 'customer_deleted', of }, context);
const release = (reassignTo?: string, userId = 'u1') =>
  new ReleaseTask('t1', { userId, ...(reassignTo !== undefined && { reassignTo }) }, context);
const unarchive = new UnarchiveTask('t1', { customerId: 'c1' }, context);
const move = new MoveTask('t1', { from: 'c1', to: 'c2' }, context);
const tell = (occurredAt: string, due = dueDate) =>
  new TellDueSoon('t1', { dueDate: due }, testContext({ occurredAt }));
const inTime = '2026-01-05T12:00:00.000Z';

describe('a task', () => {
  it('is created once', () => {
    given(taskDecider).when(create()).then(created);
    given(taskDecider, created).when(create()).thenRefused('task_exists');
  });

  it.each<[TaskRefusal, Parties]>([
    ['customer_unknown', { customer: { is: 'unknown' } }],
    ['customer_is_deleted', { customer: { is: 'deleted' } }],
    ['customer_is_merged', { customer: { is: 'merged', into: 'c2' } }],
    ['user_unknown', { user: 'unknown' }],
    ['user_is_deleted', { user: 'deleted' }],
  ])('is refused with %s', (code, named) => {
    given(taskDecider).when(create(named)).thenRefused(code);
    given(taskDecider, created)
      .when(change({ customerId: 'c2' }, named))
      .thenRefused(code);
    given(taskDecider, created, deleted('requested')).when(restore(undefined, named)).thenRefused(code);
  });

  it('changes in what is named, and not at all where nothing is new', () => {
    given(taskDecider, created)
      .when(change({ priority: 'LOW' }))
      .then(updated({ priority: 'LOW' }));
    given(taskDecider, created)
      .when(change({ priority: 'HIGH', userId: 'u1' }))
      .thenNothing();
    given(taskDecider, created)
      .when(change({ dueDate: null }))
      .then(updated({ dueDate: null }));
  });

  it('becomes somebody else’s by an event of its own', () => {
    given(taskDecider, created)
      .when(change({ userId: 'u2' }))
      .then(reassigned('u2', 'requested'));
    given(taskDecider, created)
      .when(change({ userId: 'u2', title: 'Send it' }))
      .then(updated({ title: 'Send it' }), reassigned('u2', 'requested', { title: 'Send it' }));
    given(taskDecider, created, reassigned('u2', 'requested'))
      .when(change({ userId: 'u2' }))
      .thenNothing();
  });

  it('is deleted and restored by people', () => {
    given(taskDecider, created).when(remove).then(deleted('requested'));
    given(taskDecider, created, deleted('requested')).when(restore()).then(restored('requested'));
    for (const command of [change({ title: 'x' }), remove, become('IN_PROGRESS')]) {
      given(taskDecider, created, deleted('requested')).when(command).thenRefused('task_is_deleted');
    }
    given(taskDecider, created).when(restore()).thenRefused('task_not_deleted');
  });

  it('that nobody wrote down is not found', () => {
    const commands = [change({}), become('COMPLETED'), remove, restore(), archive('c1'), release(), unarchive, move];
    for (const command of [...commands, tell(inTime)]) given(taskDecider).when(command).thenRefused('task_not_found');
  });
});

const allows = (from: TaskStatus, to: TaskStatus) => transitions[from].includes(to);

describe('the status of a task', () => {
  const pairs = taskStatuses.flatMap((from) => taskStatuses.map((to) => ({ from, to, may: allows(from, to) })));
  const different = pairs.filter(({ from, to }) => from !== to);
  const changing = different.filter(({ to, may }) => may && to !== 'COMPLETED');

  it.each(changing)('changes from $from to $to', ({ from, to }) => {
    given(taskDecider, ...standing[from])
      .when(become(to))
      .then(updated({ status: to }));
  });

  it.each(different.filter(({ to, may }) => may && to === 'COMPLETED'))('$from is completed', ({ from, to }) => {
    given(taskDecider, ...standing[from])
      .when(become(to))
      .then(completed(from));
  });

  it.each(different.filter(({ may }) => !may))('can not change from $from to $to', ({ from, to }) => {
    given(taskDecider, ...standing[from])
      .when(become(to))
      .thenRefused('task_transition_impossible');
  });

  it.each(taskStatuses)('%s stays what it is', (status) => {
    given(taskDecider, ...standing[status])
      .when(become(status))
      .thenNothing();
  });

  it.each(['COMPLETED', 'CANCELLED'] as const)(
    '%s is refused with the name of whoever set it, not of the newest',
    (from) => {
      const by = (actor: string) => ({ actor, at: context.occurredAt, event: 'task.spec' });
      const set = standing[from].map((event, index) => ({ ...event, changedBy: by(`u${index}`) }));
      const edited = { ...updated({ title: 'x' }), changedBy: by('editor') };
      const later = { ...edited, data: { ...edited.data, status: from } } as TaskEvent;
      const refusal = (...events: TaskEvent[]) =>
        taskDecider.decide(
          become(from === 'COMPLETED' ? 'CANCELLED' : 'COMPLETED'),
          events.reduce(taskDecider.evolve, taskDecider.initialState),
        );
      expect(refusal(...set, later)).toMatchObject({
        code: 'task_transition_impossible',
        facts: { changedBy: by('u1') },
      });
      const gone = { ...deleted('requested'), changedBy: by('remover') };
      expect(refusal(...set, gone, later)).toMatchObject({ facts: { changedBy: by('remover') } });
      expect(refusal(...set, gone, restored('requested'))).toMatchObject({ facts: { changedBy: by('u1') } });
    },
  );

  it('changes along this table', () => {
    expect(transitions).toEqual({
      TODO: ['IN_PROGRESS', 'COMPLETED', 'CANCELLED'],
      IN_PROGRESS: ['TODO', 'COMPLETED', 'CANCELLED'],
      COMPLETED: ['TODO', 'IN_PROGRESS'],
      CANCELLED: ['TODO'],
    });
  });
});

describe('a task that is due', () => {
  it('is told of from 24 hours before on, once for each due date', () => {
    given(taskDecider, created).when(tell('2026-01-05T11:59:59.999Z')).thenNothing();
    given(taskDecider, created).when(tell(inTime)).then(told);
    given(taskDecider, created, told).when(tell(inTime)).thenNothing();
    const later = '2026-01-07T12:00:00.000Z';
    const moved = [created, told, updated({ dueDate: later })];
    given(taskDecider, ...moved)
      .when(tell(inTime))
      .thenNothing();
    given(taskDecider, ...moved)
      .when(tell('2026-01-06T12:00:00.000Z', later))
      .then({ type: 'task.due_soon', data: { ...ids, title: record.title, dueDate: later } });
    given(taskDecider, ...moved, updated({}))
      .when(tell(inTime))
      .thenNothing();
  });

  it('is not told of once it is done, called off, deleted or without a due date', () => {
    for (const after of [
      completed('TODO'),
      updated({ status: 'CANCELLED' }),
      deleted('requested'),
      updated({ dueDate: null }),
    ]) {
      given(taskDecider, created, after).when(tell(inTime)).thenNothing();
    }
  });
});

describe('a task whose customer or user goes', () => {
  it('goes with the customer and comes back with them', () => {
    given(taskDecider, created).when(archive('c1')).then(deleted('customer_deleted'));
    given(taskDecider, created).when(archive('c9')).thenNothing();
    given(taskDecider, created, deleted('customer_deleted')).when(unarchive).then(restored('customer_deleted'));
    for (const reason of ['requested', 'user_deleted'] as const) {
      given(taskDecider, created, deleted(reason)).when(archive('c1')).thenNothing();
      given(taskDecider, created, deleted(reason)).when(unarchive).thenNothing();
    }
  });

  it('goes with the user where nobody takes over, also when it went with the customer before', () => {
    given(taskDecider, created).when(release()).then(deleted('user_deleted'));
    given(taskDecider, created, deleted('customer_deleted')).when(release()).then(deleted('user_deleted'));
    given(taskDecider, created, deleted('requested')).when(release()).thenNothing();
    given(taskDecider, created).when(release(undefined, 'u9')).thenNothing();
  });

  it.each(['TODO', 'IN_PROGRESS'] as const)('and that is %s goes to whoever takes over', (status) => {
    const expected = reassigned('u2', 'user_deleted');
    given(taskDecider, ...standing[status])
      .when(release('u2'))
      .then({ ...expected, data: { ...expected.data, status } } as TaskEvent);
  });

  it.each(['COMPLETED', 'CANCELLED'] as const)('and that is %s goes with the user all the same', (status) => {
    given(taskDecider, ...standing[status])
      .when(release('u2'))
      .then(deleted('user_deleted'));
  });

  it('comes back with its customer to whoever took it over meanwhile', () => {
    given(taskDecider, created, deleted('customer_deleted')).when(release('u2')).then(reassigned('u2', 'user_deleted'));
    given(taskDecider, created, deleted('customer_deleted'), reassigned('u2', 'user_deleted'))
      .when(unarchive)
      .then({ type: 'task.restored', data: { ...ids, userId: 'u2', reason: 'customer_deleted' } });
  });

  it('is not restored by people without its customer, nor without its user unless another one takes over', () => {
    given(taskDecider, created, deleted('customer_deleted')).when(restore()).thenRefused('customer_is_deleted');
    given(taskDecider, created, deleted('user_deleted')).when(restore()).thenRefused('user_is_deleted');
    given(taskDecider, created, deleted('user_deleted'))
      .when(restore('u2'))
      .then(restored('user_deleted'), reassigned('u2', 'requested'));
  });

  it('belongs to the customer of whom its own became part, and comes back with them', () => {
    given(taskDecider, created)
      .when(move)
      .then(updated({ customerId: 'c2' }));
    given(taskDecider, created, updated({ customerId: 'c2' }))
      .when(move)
      .thenNothing();
    given(taskDecider, created, deleted('customer_deleted'))
      .when(move)
      .then(updated({ customerId: 'c2' }), {
        type: 'task.restored',
        data: { ...ids, customerId: 'c2', reason: 'customer_deleted' },
      });
  });
});
