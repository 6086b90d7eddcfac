import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import { isErased } from '#libs/events/src/erased.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import { Credential } from '../credential-tables.js';
import { AddAdministrator, administratorsId } from '../domain/administrators.decider.js';
import { SignInMails } from '../sign-in-mails.js';
import { SignInSecrets } from '../sign-in-secrets.js';
import { Users } from '../users.js';

type Followed = Recorded<EventOfType<UserEvent, 'user.created' | 'user.updated' | 'user.deleted'>>;

/**
 * What has to agree with the users follows them: who is an administrator, whose a mail address is, and by which one
 * somebody is found at a sign-in.
 */
@Controller()
export class FollowUsersPolicy {
  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    private readonly commands: CommandBus,
    private readonly mails: SignInMails,
    private readonly secrets: SignInSecrets,
    private readonly users: Users,
  ) {}

  @Policy('identity/follow-users', {
    on: ['user.created', 'user.updated', 'user.deleted'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: Followed, @Ctx() context: PolicyContext): Promise<void> {
    const { userId } = event.data;
    if (event.type === 'user.deleted') {
      await this.secrets.removeAllOf(userId, context);
      return;
    }
    if (event.data.role === 'ADMIN') {
      const data = { userId, userRevision: event.revision };
      await this.commands.execute(new AddAdministrator(administratorsId, data, context.command(administratorsId)));
    }
    await this.followMail(event, context);
  }

  /** As the address is now: it may have been changed again, and back. */
  private async followMail(event: Exclude<Followed, { type: 'user.deleted' }>, context: PolicyContext): Promise<void> {
    const { userId } = event.data;
    const user = await this.users.find(userId);
    if (!user || isErased(user.email)) return;
    const mailHash = this.mails.hashOf(user.email);
    await this.mails.confirm(user.email, userId, context);
    await this.credentials.update({ userId }, { mailHash });
    if (event.type !== 'user.updated' || isErased(event.data.previous.email)) return;
    const before = this.mails.hashOf(event.data.previous.email);
    if (before !== mailHash) await this.mails.giveUp(before, userId, context);
  }
}
