import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { isAllowed } from '#libs/auth/src/permissions.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { RevisionMismatch, TooMuchContention } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { fingerprint } from '#libs/http/src/command-context.js';
import { stepOf } from './command-steps.js';
import { Credential } from './credential-tables.js';
import { administratorsId, RemoveAdministrator } from './domain/administrators.decider.js';
import type { UserRecord } from './domain/user.js';
import { CreateUser, DeleteUser, UpdateUser } from './domain/user.decider.js';
import { identityProblem } from './identity.problems.js';
import { SignInMails } from './sign-in-mails.js';
import { Users } from './users.js';

const tries = 4;
/** What people had to do by these is somebody else's when they are gone. */
const inherited = ['approvals:decide', 'customers:claim', 'deals:write', 'meetings:write', 'tasks:write'] as const;

/**
 * Makes, changes and deletes users: what must be unique or must never be lost is asked for before their events. A
 * request that was carried out gets its first answer again, whatever has become of that meanwhile.
 */
@Injectable()
export class Accounts {
  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    private readonly commands: CommandBus,
    private readonly mails: SignInMails,
    private readonly users: Users,
  ) {}

  /**
   * @param passwordHash of a password that nobody knows where the user is to set one with a one-time link
   * @throws ProblemError mail_taken
   */
  async create(record: UserRecord, passwordHash: string, context: CommandContext): Promise<Committed> {
    const userId = stableId('user', context.commandId);
    const credential = { id: stableId('credential', userId), version: 1 };
    if (!(await this.users.hasCarriedOut(userId, context.commandId))) {
      const mailHash = await this.takeMail(record.email, userId, context);
      const row: Credential = { ...credential, userId, mailHash, passwordHash, firstSignIn: null };
      // A repeated request finds its row, and the password of the first one stays.
      await this.credentials.createQueryBuilder().insert().values(row).orIgnore().execute();
    }
    return this.commands.execute(new CreateUser(userId, { ...record, credential }, context));
  }

  /** @throws ProblemError mail_taken, CommandRefused last_administrator, user_not_found, user_deleted, RevisionMismatch */
  async update(userId: string, record: UserRecord, context: CommandContext): Promise<Committed> {
    const command = (each: CommandContext) => new UpdateUser(userId, record, each);
    if (await this.users.hasCarriedOut(userId, context.commandId)) return this.commands.execute(command(context));
    const user = await this.users.find(userId);
    if (user && this.mails.hashOf(user.email) !== this.mails.hashOf(record.email)) {
      await this.takeMail(record.email, userId, context);
    }
    return this.asAdministratorsAllow(userId, record.role !== 'ADMIN', context, command);
  }

  /**
   * @param reassignTo who takes over what the user had to do
   * @throws ProblemError reassign_to_unknown, reassign_to_unfit, CommandRefused last_administrator, user_not_found, RevisionMismatch
   */
  async delete(userId: string, reassignTo: string | undefined, request: CommandContext): Promise<Committed> {
    // The query of a request is no part of what repeats are compared by.
    const context = { ...request, fingerprint: fingerprint('DELETE', userId, Buffer.from(reassignTo ?? '')) };
    const data = reassignTo === undefined ? {} : { reassignTo };
    const command = (each: CommandContext) => new DeleteUser(userId, data, each);
    if (await this.users.hasCarriedOut(userId, context.commandId)) return this.commands.execute(command(context));
    if (reassignTo !== undefined) await this.demandSuccessor(reassignTo, userId);
    return this.asAdministratorsAllow(userId, true, context, command);
  }

  /**
   * An administrator leaves the list before they lose the role. That belongs to one revision of the user: when
   * somebody else changes the user first, who may be no administrator until then, it is looked at anew.
   */
  private async asAdministratorsAllow(
    userId: string,
    losesRole: boolean,
    context: CommandContext,
    command: (context: CommandContext) => UpdateUser | DeleteUser,
  ): Promise<Committed> {
    for (let attempt = 1; ; attempt++) {
      const { state, revision } = await this.users.current(userId);
      const expected = context.expectedRevision ?? revision;
      if (!losesRole || state.status !== 'active' || expected !== revision) {
        return this.commands.execute(command(context));
      }
      if (state.role === 'ADMIN') {
        const step = stepOf(context, 'remove-administrator', String(revision));
        await this.commands.execute<RemoveAdministrator, Committed>(
          new RemoveAdministrator(administratorsId, { userId, userRevision: revision + 1 }, step),
        );
      }
      try {
        return await this.commands.execute(command({ ...context, expectedRevision: revision }));
      } catch (error) {
        if (!(error instanceof RevisionMismatch) || context.expectedRevision !== undefined) throw error;
        if (attempt === tries) throw new TooMuchContention(error.stream);
      }
    }
  }

  /** Whoever is named takes over everything: nothing may be left that their role does not allow. */
  private async demandSuccessor(successorId: string, goneId: string): Promise<void> {
    const [successor, gone] = await Promise.all([this.users.find(successorId), this.users.find(goneId)]);
    if (!successor || successorId === goneId) throw identityProblem('reassign_to_unknown');
    const lacks = inherited.filter(
      (each) => gone && isAllowed([gone.role], each) && !isAllowed([successor.role], each),
    );
    if (lacks.length > 0) throw identityProblem('reassign_to_unfit', undefined, { lacks });
  }

  /** Answers the keyed hash of the address. */
  private async takeMail(email: string, userId: string, context: CommandContext): Promise<string> {
    const mailHash = this.mails.hashOf(email);
    const holder = await this.credentials.findOneBy({ mailHash });
    const isOthers = holder !== null && holder.userId !== userId;
    if (isOthers && (await this.users.find(holder.userId))) throw identityProblem('mail_taken');
    await this.mails.reserve(email, userId, context);
    // Whoever holds the address has no user and no reservation any more: their creation was broken off.
    if (isOthers) await this.credentials.delete({ id: holder.id, mailHash });
    return mailHash;
  }
}
