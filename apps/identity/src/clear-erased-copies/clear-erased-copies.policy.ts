import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import { subjectId } from '#libs/events/src/subject.js';
import { Clearing, keyGone, type KeyGoneEvent } from '#libs/personal-data/src/clearing.js';
import { userListProjection } from '../user-list/user-list.projection.js';
import { SignInSecrets } from '../sign-in-secrets.js';

/** A sign-in that was under way when its user was erased may have left a token. */
@Controller()
export class ClearErasedCopiesPolicy {
  constructor(
    private readonly clearing: Clearing,
    private readonly secrets: SignInSecrets,
  ) {}

  @Policy('identity/clear-erased-copies', keyGone)
  async handle(@Payload() event: KeyGoneEvent, @Ctx() policy: PolicyContext): Promise<void> {
    await this.clearing.carryOut(event, policy, {
      context: 'identity',
      readModels: [userListProjection],
      clear: async (subject) => {
        const userId = subjectId('user', subject);
        if (userId !== undefined) await this.secrets.removeAllOf(userId, policy);
      },
    });
  }
}
