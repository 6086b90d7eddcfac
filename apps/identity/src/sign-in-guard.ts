import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { Turns } from '#libs/event-sourcing/src/turns.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { asUser, stepOf } from './command-steps.js';
import { isLocked } from './domain/sign-in.js';
import type { ActiveUser } from './domain/user.js';
import { LiftLock, RecordFailure, RecordSuccess, signInDecider } from './domain/sign-in.decider.js';
import { identityProblem } from './identity.problems.js';

/** Refusals take at least this long: a hash from another system takes longer to check than ours. */
const refusalMs = 250;

/** What an attempt came to: the answer and whose it was, or what was wrong and whose it would have been. */
export type Attempt<Result> =
  | { readonly ok: true; readonly user: ActiveUser; readonly result: Result }
  | {
      readonly ok: false;
      readonly userId: string | null;
      readonly reason: 'wrong_credentials' | 'wrong_code';
    };

/** Counts refused sign-ins by mail address, and lets nobody try while an address is locked. */
@Injectable()
export class SignInGuard {
  private readonly turns = new Map<string, { readonly turn: Turns; waiting: number }>();

  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
  ) {}

  /**
   * One attempt per address at a time, so that a thousand at once are counted like one after the other. A known and
   * an unknown address are treated alike in everything.
   * @param signInId keyed hash of the address
   * @throws ProblemError sign_in_locked
   */
  async attempt<Result>(
    signInId: string,
    request: CommandContext,
    check: () => Promise<Attempt<Result>>,
  ): Promise<Result | 'wrong_credentials' | 'wrong_code'> {
    const leave = await this.enter(signInId);
    try {
      const started = performance.now();
      await this.demandOpen(signInId, request);
      const attempt = await check();
      if (attempt.ok) {
        const { user, result } = attempt;
        await this.commands.execute<RecordSuccess, Committed>(
          new RecordSuccess(signInId, { userId: user.id }, asUser(user, attemptOf(request))),
        );
        return result;
      }
      const { userId, reason } = attempt;
      await this.commands.execute<RecordFailure, Committed>(
        new RecordFailure(signInId, { userId, reason }, attemptOf(request)),
      );
      await delay(Math.max(0, refusalMs - (performance.now() - started)));
      return reason;
    } finally {
      leave();
    }
  }

  async lift(signInId: string, userId: string, request: CommandContext): Promise<Committed> {
    return this.commands.execute(new LiftLock(signInId, { userId }, request));
  }

  private async demandOpen(signInId: string, { occurredAt }: CommandContext): Promise<void> {
    const state = await this.aggregates.load(signInDecider, signInId);
    if (!isLocked(state, occurredAt)) return;
    const seconds = Math.ceil((Date.parse(state.lockedUntil ?? occurredAt) - Date.parse(occurredAt)) / 1000);
    throw identityProblem('sign_in_locked', undefined, { retryAfterSeconds: seconds }, { 'Retry-After': `${seconds}` });
  }

  private async enter(signInId: string): Promise<() => void> {
    const held = this.turns.get(signInId) ?? { turn: new Turns(1), waiting: 0 };
    this.turns.set(signInId, held);
    held.waiting++;
    const leave = await held.turn.enter();
    return () => {
      leave();
      if (--held.waiting === 0) this.turns.delete(signInId);
    };
  }
}

/** Every attempt counts, also those that come with one Idempotency-Key: it would let somebody guess for ever. */
function attemptOf(request: CommandContext): CommandContext {
  return { ...stepOf(request), commandId: freshId() };
}
