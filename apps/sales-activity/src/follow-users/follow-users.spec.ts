import { it } from 'vitest';
import type { CommandBus } from '@nestjs/cqrs';
import type { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { MeetingEvent, TaskEvent } from '#libs/events/src/sales-activity.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import type { KnownParties } from '../known-parties.js';
import type { KnownUser } from '../known-users/known-user.entity.js';
import { type FollowedEvent, FollowUsersPolicy } from './follow-users.policy.js';

const name = 'sales-activity/follow-users';
const meeting = {
  meetingId: 'm1',
  customerId: 'c1',
  userId: 'u1',
  date: '2024-10-10T10:00:00.000Z',
  summary: 'x',
  location: null,
  durationMinutes: null,
};
const held: MeetingEvent = { type: 'meeting.created', data: meeting };
const due: TaskEvent = {
  type: 'task.created',
  data: {
    taskId: 't1',
    customerId: null,
    userId: 'u1',
    title: 'x',
    description: null,
    dueDate: null,
    priority: 'LOW',
    status: 'TODO',
  },
};
const user = (id: string, changes: Partial<KnownUser> = {}): KnownUser => ({
  id,
  name: '山田 太郎',
  active: true,
  reassignTo: null,
  stream: `user-${id}`,
  revision: 1,
  ...changes,
});

/** The policy as it finds users once an event has come. */
function knowing(...users: readonly KnownUser[]) {
  const known = {
    findUser: async (id: string) => users.find((each) => each.id === id),
  } as unknown as KnownParties;
  return (commands: CommandBus) => {
    const policy = new FollowUsersPolicy(commands, {} as FanOut, known);
    return (event: unknown, context: PolicyContext) => policy.handle(event as FollowedEvent, context);
  };
}

it('lets be what belongs to a user who is there, or whom it does not know', async () => {
  await whenPolicy(name, knowing(user('u1')), held).thenCommands();
  await whenPolicy(name, knowing(), due).thenCommands();
});

it('takes along what became a deleted user’s', async () => {
  const gone = knowing(user('u1', { active: false }));
  const data = { reason: 'user_deleted', of: 'u1' };
  await whenPolicy(name, gone, held).thenCommands({ type: 'archive_meeting', target: 'm1', data });
  await whenPolicy(name, gone, due).thenCommands({ type: 'release_task', target: 't1', data: { userId: 'u1' } });
});

it('hands a task to whoever took over, unless they are gone as well', async () => {
  const gone = user('u1', { active: false, reassignTo: 'u2' });
  const released = (data: object) => ({ type: 'release_task', target: 't1', data });
  await whenPolicy(name, knowing(gone, user('u2')), due).thenCommands(released({ userId: 'u1', reassignTo: 'u2' }));
  const bothGone = knowing(gone, user('u2', { active: false }));
  await whenPolicy(name, bothGone, due).thenCommands(released({ userId: 'u1' }));
});

it('looks at a changed meeting only where it is another user’s', async () => {
  const gone = knowing(user('u1', { active: false }));
  const changed = (field: 'userId' | 'summary'): MeetingEvent => ({
    type: 'meeting.updated',
    data: { ...meeting, changed: [field] },
  });
  await whenPolicy(name, gone, changed('summary')).thenCommands();
  const data = { reason: 'user_deleted', of: 'u1' };
  await whenPolicy(name, gone, changed('userId')).thenCommands({ type: 'archive_meeting', target: 'm1', data });
});
