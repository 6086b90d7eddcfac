import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { clearingContexts, type ErasureReason } from '#libs/events/src/erasure.js';
import { type Subject, subjectId } from '#libs/events/src/subject.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { stepOf } from '../command-steps.js';
import { administratorsId, forGood, RemoveAdministrator } from '../domain/administrators.decider.js';
import { RequestErasure } from '../domain/erasure.decider.js';
import { identityProblem } from '../identity.problems.js';
import { Users } from '../users.js';

/** Takes requests for erasures. One subject has one erasure. */
@Injectable()
export class Erasures {
  constructor(
    private readonly commands: CommandBus,
    private readonly keys: SubjectKeys,
    private readonly users: Users,
  ) {}

  /**
   * Everything that can be refused is refused before anything is stored.
   * @throws ProblemError subject_unknown, CommandRefused last_administrator, SubjectKeysUnavailable
   */
  async request(subject: Subject, reason: ErasureReason, context: CommandContext): Promise<Committed> {
    // Whoever has personal data in the log has a key, or had one.
    const known = await this.keys.find([subject]);
    if (!known.has(subject)) throw identityProblem('subject_unknown');
    const userId = subjectId('user', subject);
    if (userId !== undefined) await this.removeFromAdministrators(userId, context);
    const request = { subject, reason, contexts: clearingContexts };
    return this.commands.execute(new RequestErasure(stableId('erasure', subject), request, context));
  }

  private async removeFromAdministrators(userId: string, request: CommandContext): Promise<void> {
    const user = await this.users.find(userId);
    if (user?.role !== 'ADMIN') return;
    const context = stepOf(request, 'remove-administrator');
    await this.commands.execute<RemoveAdministrator, Committed>(
      new RemoveAdministrator(administratorsId, { userId, userRevision: forGood }, context),
    );
  }
}
