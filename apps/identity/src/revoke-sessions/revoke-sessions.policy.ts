import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsNull, LessThan } from 'typeorm';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { RevocationReason, UserEvent } from '#libs/events/src/identity.js';
import { RevokeSession } from '../domain/session.decider.js';
import { sessionListProjection } from '../session-list/session-list.projection.js';

type EndOfSessions = Recorded<EventOfType<UserEvent, 'user.deleted' | 'user.password_changed'>>;

/** Whoever was signed in before a user's end, or before their new password in the log, is signed out. */
@Controller()
export class RevokeSessionsPolicy {
  constructor(private readonly fanOut: FanOut) {}

  @Policy('identity/revoke-sessions', {
    on: ['user.deleted', 'user.password_changed'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: EndOfSessions, @Ctx() context: PolicyContext): Promise<void> {
    const reason = reasonOf(event);
    const { userId } = event.data;
    const startedPosition = LessThan(event.position.toString());
    await this.fanOut.run(context, {
      over: sessionListProjection,
      // What was proved by the new password stays. A request's own time says nothing of what came first in the log.
      where: { userId, endReason: IsNull(), ...(event.type === 'user.password_changed' && { startedPosition }) },
      command: ({ id }) => new RevokeSession(id, { reason }, context.command(id)),
    });
  }
}

function reasonOf(event: EndOfSessions): RevocationReason {
  if (event.type === 'user.deleted') return 'user_deleted';
  return event.data.how === 'changed' ? 'password_changed' : 'password_reset';
}
