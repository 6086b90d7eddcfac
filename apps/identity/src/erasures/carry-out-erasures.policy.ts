import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, type PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { ErasureEvent } from '#libs/events/src/erasure.js';
import { subjectId } from '#libs/events/src/subject.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { ConfirmKeyDestroyed } from '../domain/erasure.decider.js';
import { DeleteUser } from '../domain/user.decider.js';
import { SignInSecrets } from '../sign-in-secrets.js';
import { Users } from '../users.js';

/** A requested erasure is carried out: a user can't sign in any more, then the key goes. Every step may be repeated. */
@Controller()
export class CarryOutErasuresPolicy {
  constructor(
    private readonly commands: CommandBus,
    private readonly users: Users,
    private readonly secrets: SignInSecrets,
    private readonly keys: SubjectKeys,
  ) {}

  @Policy('identity/carry-out-erasures', { on: ['erasure.requested'], key: streamOf, startFrom: 'beginning' })
  async handle(
    @Payload() { data }: Recorded<EventOfType<ErasureEvent, 'erasure.requested'>>,
    @Ctx() context: PolicyContext,
  ): Promise<void> {
    const { erasureId, subject } = data;
    const userId = subjectId('user', subject);
    if (userId !== undefined) {
      if (await this.users.find(userId)) {
        await this.commands.execute(new DeleteUser(userId, { erasureId }, context.command(userId)));
      }
      await this.secrets.removeAllOf(userId, context);
    }
    await this.keys.destroy(subject);
    await this.commands.execute(new ConfirmKeyDestroyed(erasureId, {}, context.command(erasureId)));
  }
}
