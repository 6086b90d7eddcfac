import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Command, CommandContext } from '#libs/event-sourcing/src/command.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType, Recorded, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import type { MeetingEvent, TaskEvent } from '#libs/events/src/sales-activity.js';
import { ArchiveMeeting, MoveMeeting, UnarchiveMeeting } from '../domain/meeting.js';
import { ArchiveTask, MoveTask, UnarchiveTask } from '../domain/task.js';
import { KnownParties } from '../known-parties.js';
import { meetingListProjection } from '../meeting-list/meeting-list.projection.js';
import { taskListProjection } from '../task-list/task-list.projection.js';

type CustomerChange = EventOfType<CustomerEvent, `customer.${'deleted' | 'restored' | 'merged'}`>;
type OwnChange = EventOfType<MeetingEvent | TaskEvent, `${'meeting' | 'task'}.${'created' | 'updated' | 'restored'}`>;
export type FollowedEvent = Recorded<CustomerChange | OwnChange>;

const followed = [
  'customer.deleted',
  'customer.restored',
  'customer.merged',
  'meeting.created',
  'meeting.updated',
  'meeting.restored',
  'task.created',
  'task.updated',
  'task.restored',
] as const satisfies FollowedEvent['type'][];

/** What concerns one customer is handled in the order of the log, whichever stream it comes from. */
function customerOf({ data, stream }: RecordedEvent): string {
  const { customerId } = data as FollowedEvent['data'];
  return customerId ?? stream;
}

/**
 * Meetings and tasks go with their customer, come back with them, and follow them into another one. What is put down
 * for a customer while that goes on is looked at when it is there.
 */
@Controller()
export class FollowCustomersPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly fanOut: FanOut,
    private readonly known: KnownParties,
  ) {}

  @Policy('sales-activity/follow-customers', { on: followed, key: customerOf, startFrom: 'beginning' })
  async handle(@Payload() event: FollowedEvent, @Ctx() policy: PolicyContext): Promise<void> {
    switch (event.type) {
      case 'customer.deleted': {
        const data = { reason: 'customer_deleted', of: event.data.customerId } as const;
        return this.toAll(event, policy, {
          meeting: (id, context) => new ArchiveMeeting(id, data, context),
          task: (id, context) => new ArchiveTask(id, data, context),
        });
      }
      case 'customer.restored': {
        const { customerId } = event.data;
        return this.toAll(event, policy, {
          meeting: (id, context) => new UnarchiveMeeting(id, { customerId }, context),
          task: (id, context) => new UnarchiveTask(id, { customerId }, context),
        });
      }
      case 'customer.merged': {
        const data = { from: event.data.customerId, to: event.data.intoCustomerId };
        return this.toAll(event, policy, {
          meeting: (id, context) => new MoveMeeting(id, data, context),
          task: (id, context) => new MoveTask(id, data, context),
        });
      }
      case 'meeting.updated':
      case 'task.updated': {
        const changed: readonly string[] = event.data.changed;
        return changed.includes('customerId') ? this.toOne(event, policy) : undefined;
      }
      case 'meeting.created':
      case 'meeting.restored':
      case 'task.created':
      case 'task.restored':
        return this.toOne(event, policy);
      default:
        return unreachable(event);
    }
  }

  private async toAll(
    { data: { customerId }, position }: Recorded<CustomerChange>,
    policy: PolicyContext,
    command: {
      readonly meeting: (id: string, context: CommandContext) => Command;
      readonly task: (id: string, context: CommandContext) => Command;
    },
  ): Promise<void> {
    // Whatever is handled for this customer after this event finds it in the copy.
    await this.known.haveSeen(position);
    const where = { customerId };
    const to = (kind: 'meeting' | 'task') => (row: { readonly id: string }) =>
      command[kind](row.id, policy.command(row.id));
    await this.fanOut.run(policy, { over: meetingListProjection, where, command: to('meeting') });
    await this.fanOut.run(policy, { over: taskListProjection, where, command: to('task') });
  }

  private async toOne({ data }: Recorded<OwnChange>, policy: PolicyContext): Promise<void> {
    const { customerId } = data;
    if (customerId === null) return;
    const customer = await this.known.findCustomer(customerId);
    if (!customer || (!customer.deleted && customer.mergedInto === null)) return;
    const { deleted, mergedInto, stream, revision } = customer;
    const target = 'meetingId' in data ? data.meetingId : data.taskId;
    // As old as what was told of the customer: it must not undo what was told later.
    const context = { ...policy.command(target), source: { stream, revision } };
    if (mergedInto !== null) {
      const move = { from: customerId, to: mergedInto };
      await this.commands.execute(
        'meetingId' in data ? new MoveMeeting(target, move, context) : new MoveTask(target, move, context),
      );
    } else if (deleted) {
      const archive = { reason: 'customer_deleted', of: customerId } as const;
      await this.commands.execute(
        'meetingId' in data ? new ArchiveMeeting(target, archive, context) : new ArchiveTask(target, archive, context),
      );
    }
  }
}
