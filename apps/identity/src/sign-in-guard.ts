import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { Turns } from '#libs/event-sourcing/src/turns.js';
import { ProblemError } from '#libs/http/src/problem.js';
import { asUser, attemptOf } from './command-steps.js';
import { isLocked } from './domain/sign-in.js';
import type { ActiveUser } from './domain/user.js';
import { LiftLock, RecordFailure, RecordSuccess, signInDecider } from './domain/sign-in.decider.js';
import { identityProblem } from './identity.problems.js';
import { Passwords } from './passwords.js';

/** What an attempt came to: the answer and whose it was, or what was wrong and whose it would have been. */
export type Attempt<Result> =
  | {
      readonly ok: true;
      readonly user: ActiveUser;
      readonly result: Result;
      /** The password was not among what was right: whoever guesses at it gets no new count by this. */
      readonly keepsCount?: true;
    }
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
    private readonly passwords: Passwords,
  ) {}

  /**
   * One attempt per address at a time, so that a thousand at once are counted like one after the other. A known and
   * an unknown address are treated alike in everything, and every refusal takes the same time.
   * @param signInId keyed hash of the address
   * @throws ProblemError sign_in_locked
   */
  async attempt<Result>(
    signInId: string,
    request: CommandContext,
    check: () => Promise<Attempt<Result>>,
  ): Promise<Result | 'wrong_credentials' | 'wrong_code'> {
    const leave = await this.enter(signInId);
    const started = performance.now();
    let outcome: Attempt<Result> | ProblemError;
    try {
      outcome = (await this.lockOf(signInId, request)) ?? (await this.record(signInId, request, await check()));
    } finally {
      leave();
    }
    if ('ok' in outcome && outcome.ok) return outcome.result;
    await delay(this.passwords.restOfRefusalMs(performance.now() - started));
    if (outcome instanceof ProblemError) throw outcome;
    return outcome.reason;
  }

  async lift(signInId: string, userId: string, request: CommandContext): Promise<Committed> {
    return this.commands.execute(new LiftLock(signInId, { userId }, request));
  }

  private async record<Result>(
    signInId: string,
    request: CommandContext,
    attempt: Attempt<Result>,
  ): Promise<Attempt<Result>> {
    if (attempt.ok && attempt.keepsCount) return attempt;
    const { userId } = attempt.ok ? { userId: attempt.user.id } : attempt;
    const command = attempt.ok
      ? new RecordSuccess(signInId, { userId }, asUser(attempt.user, attemptOf(request)))
      : new RecordFailure(signInId, { userId, reason: attempt.reason }, attemptOf(request));
    await this.commands.execute<RecordSuccess | RecordFailure, Committed>(command);
    return attempt;
  }

  private async lockOf(signInId: string, { occurredAt }: CommandContext): Promise<ProblemError | undefined> {
    const state = await this.aggregates.load(signInDecider, signInId);
    if (!isLocked(state, occurredAt)) return undefined;
    const seconds = Math.ceil((Date.parse(state.lockedUntil ?? occurredAt) - Date.parse(occurredAt)) / 1000);
    const facts = { retryAfterSeconds: seconds };
    return identityProblem('sign_in_locked', undefined, facts, { 'Retry-After': `${seconds}` });
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
