import { expect, it } from 'vitest';
import type { CommandBus } from '@nestjs/cqrs';
import type { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { MeetingEvent, TaskEvent } from '#libs/events/src/sales-activity.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { recorded } from '#libs/testing/src/given.js';
import type { KnownCustomer } from '../known-customers/known-customer.entity.js';
import type { KnownParties } from '../known-parties.js';
import { FollowCustomersPolicy, type FollowedEvent } from './follow-customers.policy.js';

const name = 'sales-activity/follow-customers';
const record = { customerId: 'c1', userId: 'u1', date: '2024-10-10T10:00:00.000Z', summary: 'x' };
const meeting = { meetingId: 'm1', ...record, location: null, durationMinutes: null };
const held: MeetingEvent = { type: 'meeting.created', data: meeting };
const task = { taskId: 't1', userId: 'u1', title: 'x', description: null, dueDate: null, priority: 'LOW' } as const;
const due = (customerId: string | null): TaskEvent => ({
  type: 'task.created',
  data: { ...task, customerId, status: 'TODO' },
});
const active: KnownCustomer = {
  id: 'c1',
  name: '佐藤 花子',
  deleted: false,
  mergedInto: null,
  stream: 'customer-c1',
  revision: 4,
};

/** The policy as it finds the customer once an event has come. */
function knowing(customer: KnownCustomer | null) {
  const known = { findCustomer: async () => customer ?? undefined } as unknown as KnownParties;
  return (commands: CommandBus) => {
    const policy = new FollowCustomersPolicy(commands, {} as FanOut, known);
    return (event: unknown, context: PolicyContext) => policy.handle(event as FollowedEvent, context);
  };
}

it('lets be what is put down for a customer who is there, or for nobody', async () => {
  await whenPolicy(name, knowing(active), held).thenCommands();
  await whenPolicy(name, knowing(null), held).thenCommands();
  await whenPolicy(name, knowing({ ...active, deleted: true }), due(null)).thenCommands();
});

it('takes along what was put down for a customer who is gone', async () => {
  const gone = knowing({ ...active, deleted: true });
  const data = { reason: 'customer_deleted', of: 'c1' };
  await whenPolicy(name, gone, held).thenCommands({ type: 'archive_meeting', target: 'm1', data });
  await whenPolicy(name, gone, due('c1')).thenCommands({ type: 'archive_task', target: 't1', data });
  const back: MeetingEvent = {
    type: 'meeting.restored',
    data: { meetingId: 'm1', customerId: 'c1', userId: 'u1', reason: 'requested' },
  };
  await whenPolicy(name, gone, back).thenCommands({ type: 'archive_meeting', target: 'm1', data });
});

it('moves what was put down for a customer who is part of another one', async () => {
  const merged = knowing({ ...active, mergedInto: 'c2' });
  const data = { from: 'c1', to: 'c2' };
  await whenPolicy(name, merged, held).thenCommands({ type: 'move_meeting', target: 'm1', data });
  await whenPolicy(name, merged, due('c1')).thenCommands({ type: 'move_task', target: 't1', data });
});

it('looks at a change only where it is of the customer', async () => {
  const gone = knowing({ ...active, deleted: true });
  const changed = (fields: readonly ('customerId' | 'summary')[]): MeetingEvent => ({
    type: 'meeting.updated',
    data: { ...meeting, changed: fields },
  });
  await whenPolicy(name, gone, changed(['summary'])).thenCommands();
  const data = { reason: 'customer_deleted', of: 'c1' };
  await whenPolicy(name, gone, changed(['customerId'])).thenCommands({ type: 'archive_meeting', target: 'm1', data });
});

it('says how old what it knows of the customer is, so that it undoes nothing newer', async () => {
  const sources: unknown[] = [];
  const commands = {
    execute: async ({ context }: { readonly context: { readonly source?: object } }) => sources.push(context.source),
  } as unknown as CommandBus;
  const [event] = recorded([held]) as Recorded<MeetingEvent>[];
  await knowing({ ...active, deleted: true })(commands)(event, new PolicyContext(name, event!));
  expect(sources).toEqual([{ stream: 'customer-c1', revision: 4 }]);
});
