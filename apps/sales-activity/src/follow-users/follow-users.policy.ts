import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType, Recorded, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import type { MeetingEvent, TaskEvent } from '#libs/events/src/sales-activity.js';
import { ArchiveMeeting } from '../domain/meeting.js';
import { ReleaseTask } from '../domain/task.js';
import { KnownParties } from '../known-parties.js';
import { meetingListProjection } from '../meeting-list/meeting-list.projection.js';
import { taskListProjection } from '../task-list/task-list.projection.js';

type OwnChange =
  | EventOfType<MeetingEvent, `meeting.${'created' | 'updated' | 'restored'}`>
  | EventOfType<TaskEvent, `task.${'created' | 'reassigned' | 'restored'}`>;
export type FollowedEvent = Recorded<EventOfType<UserEvent, 'user.deleted'> | OwnChange>;

const followed = [
  'user.deleted',
  'meeting.created',
  'meeting.updated',
  'meeting.restored',
  'task.created',
  'task.reassigned',
  'task.restored',
] as const satisfies FollowedEvent['type'][];

/** What concerns one user is handled in the order of the log, whichever stream it comes from. */
function userOf({ data }: RecordedEvent): string {
  return (data as FollowedEvent['data']).userId;
}

/**
 * When a user is deleted, their open tasks go to whoever takes over, where somebody does; their meetings and other
 * tasks go with them. What becomes theirs while that goes on is looked at when it is there.
 */
@Controller()
export class FollowUsersPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly fanOut: FanOut,
    private readonly known: KnownParties,
  ) {}

  @Policy('sales-activity/follow-users', { on: followed, key: userOf, startFrom: 'beginning' })
  async handle(@Payload() event: FollowedEvent, @Ctx() policy: PolicyContext): Promise<void> {
    switch (event.type) {
      case 'user.deleted': {
        const { userId, reassignTo } = event.data;
        // Whatever is handled for this user after this event finds it in the copy.
        await this.known.haveSeen(event.position);
        return this.toAll(userId, await this.whoever(reassignTo ?? null), policy);
      }
      case 'meeting.updated':
        return event.data.changed.includes('userId') ? this.toOne(event, policy) : undefined;
      case 'meeting.created':
      case 'meeting.restored':
      case 'task.created':
      case 'task.reassigned':
      case 'task.restored':
        return this.toOne(event, policy);
      default:
        return unreachable(event);
    }
  }

  private async toAll(userId: string, reassignTo: string | undefined, policy: PolicyContext): Promise<void> {
    const where = { userId };
    await this.fanOut.run(policy, {
      over: meetingListProjection,
      where,
      command: ({ id }) => archived(id, userId, policy.command(id)),
    });
    await this.fanOut.run(policy, {
      over: taskListProjection,
      where,
      command: ({ id }) => released(id, { userId, reassignTo }, policy.command(id)),
    });
  }

  private async toOne({ data }: Recorded<OwnChange>, policy: PolicyContext): Promise<void> {
    const { userId } = data;
    const user = await this.known.findUser(userId);
    if (!user || user.active) return;
    const { stream, revision } = user;
    const target = 'meetingId' in data ? data.meetingId : data.taskId;
    const context = { ...policy.command(target), source: { stream, revision } };
    if ('meetingId' in data) {
      await this.commands.execute(archived(target, userId, context));
    } else {
      const reassignTo = await this.whoever(user.reassignTo);
      await this.commands.execute(released(target, { userId, reassignTo }, context));
    }
  }

  /**
   * The user who takes over, unless they are gone as well. Where the copy does not know that yet, `task.reassigned`
   * leads on from there.
   */
  private async whoever(reassignTo: string | null): Promise<string | undefined> {
    if (reassignTo === null) return undefined;
    const user = await this.known.findUser(reassignTo);
    return user?.active ? reassignTo : undefined;
  }
}

function archived(id: string, userId: string, context: CommandContext): ArchiveMeeting {
  return new ArchiveMeeting(id, { reason: 'user_deleted', of: userId }, context);
}

function released(
  id: string,
  { userId, reassignTo }: { readonly userId: string; readonly reassignTo: string | undefined },
  context: CommandContext,
): ReleaseTask {
  return new ReleaseTask(id, { userId, ...(reassignTo !== undefined && { reassignTo }) }, context);
}
