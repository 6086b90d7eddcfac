import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { SessionEvent } from '#libs/events/src/identity.js';
import { AccessTokens } from './access-tokens.js';
import { asUser, stepOf, withoutSecret } from './command-steps.js';
import { Credential, RefreshToken } from './credential-tables.js';
import { EndSession, RefreshSession, RevokeSession, sessionDecider, StartSession } from './domain/session.decider.js';
import type { SessionState } from './domain/session.js';
import type { ActiveUser } from './domain/user.js';
import { identityProblem } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { Passwords } from './passwords.js';
import { hashOfSecret } from './repeatable-secrets.js';
import { SecondFactors } from './second-factors.js';
import { SignInGuard } from './sign-in-guard.js';
import { StoredPasswords } from './stored-passwords.js';
import { type CurrentUser, Users } from './users.js';

/** Nobody has this id. */
const nobody = stableId('nobody');
const sessionDays = 14;
const sessionMs = sessionDays * 24 * 60 * 60 * 1000;
/** Whoever lost the answer of a sign-in repeats the request by then. Later, the second factor is asked for again. */
const repeatableMs = 10 * 60 * 1000;

export interface SignedIn {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly user: ActiveUser;
  readonly position: bigint;
}

type ActiveSession = Extract<SessionState, { readonly status: 'active' }>;

interface SessionKey {
  readonly sessionId: string;
  readonly generation: number;
  readonly expiresAt: Date;
}

/** Sign-in, refresh and sign-out: secrets are checked here, the session's decider rules on the rest. */
@Injectable()
export class Sessions {
  constructor(
    @InjectRepository(Credential, 'identity') private readonly credentials: Repository<Credential>,
    @InjectRepository(RefreshToken, 'identity') private readonly refreshTokens: Repository<RefreshToken>,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly stored: StoredPasswords,
    private readonly mailHash: MailHash,
    private readonly accessTokens: AccessTokens,
    private readonly guard: SignInGuard,
    private readonly factors: SecondFactors,
  ) {}

  /**
   * An unknown mail and a wrong password are answered alike, after the same time.
   * @param code of the second factor, where the user has one
   * @throws ProblemError sign_in_refused, sign_in_locked, second_factor_required, second_factor_refused
   */
  async signIn(email: string, password: string, code: string | undefined, request: CommandContext): Promise<SignedIn> {
    const mailHash = this.mailHash.of(email);
    const outcome = await this.guard.attempt<CurrentUser>(mailHash, request, async () => {
      const userId = (await this.credentials.findOneBy({ mailHash }))?.userId;
      // The same work for an address that nobody has.
      const user = await this.users.find(userId ?? nobody);
      const passwordHash = user && (await this.stored.hashOf(user));
      const matches = await this.passwords.matches(password, passwordHash);
      if (!user || passwordHash === undefined || !matches) {
        return { ok: false, userId: userId ?? null, reason: 'wrong_credentials' };
      }
      await this.stored.settle(user);
      await this.stored.upgrade(user, passwordHash, password);
      const factor = (await this.hasStarted(user, request)) ? 'passed' : await this.factors.check(user, code, request);
      if (factor === 'missing') throw identityProblem('second_factor_required');
      if (factor === 'wrong') return { ok: false, userId: user.id, reason: 'wrong_code' };
      return { ok: true, user, result: user };
    });
    if (outcome === 'wrong_credentials') throw identityProblem('sign_in_refused');
    if (outcome === 'wrong_code') throw identityProblem('second_factor_refused');
    return this.start(outcome, request);
  }

  /**
   * Starts a session for somebody who has proved who they are; a repeated request finds its session.
   * @throws ProblemError session_ended, sign_in_refused
   */
  async start(user: CurrentUser, request: CommandContext): Promise<SignedIn> {
    const expiresAt = new Date(Date.parse(request.occurredAt) + sessionMs);
    const sessionId = sessionOf(user, request);
    // The receipt of a session's start says nothing of its end.
    const session = await this.aggregates.load(sessionDecider, sessionId);
    if (session.status !== 'none' && !isOpen(session)) throw identityProblem('session_ended');
    const refreshToken = await this.newRefreshToken({ sessionId, generation: 0, expiresAt }, user.id);
    // The request holds the password: no hash of it goes into the log, not even a keyed one.
    const { fingerprint: _password, ...context } = asUser(user, request);
    const started = await this.commands.execute<StartSession, Committed>(
      new StartSession(sessionId, { userId: user.id, expiresAt: expiresAt.toISOString() }, context),
    );
    await this.demandSamePassword(user, sessionId, context);
    return this.signedIn(user, sessionId, refreshToken, started);
  }

  /**
   * A password that was changed while this session began did not end it: the change ends those that the log has before
   * it. Whoever proved the old one gets no session from it.
   * @throws ProblemError sign_in_refused
   */
  private async demandSamePassword(user: CurrentUser, sessionId: string, context: CommandContext): Promise<void> {
    const now = await this.users.find(user.id);
    if (now?.credential.id === user.credential.id && now.credential.version === user.credential.version) return;
    const reason = now ? 'password_changed' : 'user_deleted';
    await this.commands.execute<RevokeSession, Committed>(
      new RevokeSession(sessionId, { reason }, stepOf(context, 'password-changed')),
    );
    throw identityProblem('sign_in_refused');
  }

  /**
   * Exchanges a refresh token. The log decides who is first: one exchange per token is stored, every other one ends
   * the session.
   * @throws ProblemError refresh_token_invalid, session_ended
   */
  async refresh(token: string, request: CommandContext): Promise<SignedIn> {
    const known = await this.refreshTokens.findOneBy({ hash: hashOfSecret(token) });
    const user = known && known.expiresAt > new Date() ? await this.users.find(known.userId) : undefined;
    if (!known || !user) throw identityProblem('refresh_token_invalid');

    const { sessionId, generation, expiresAt } = known;
    // A repeated request is answered by its receipt, which says nothing of what became of the session since.
    if (!isOpen(await this.aggregates.load(sessionDecider, sessionId))) throw identityProblem('session_ended');
    const next = await this.newRefreshToken({ sessionId, generation: generation + 1, expiresAt }, user.id);
    const refreshed = await this.commands.execute<RefreshSession, Committed>(
      new RefreshSession(sessionId, { generation }, asUser(user, withoutSecret(request, { sessionId, generation }))),
    );
    const { type } = await this.eventAt(refreshed);
    if (type === 'session.reuse_detected') throw identityProblem('session_ended');
    return this.signedIn(user, sessionId, next, refreshed);
  }

  async signOut(sessionId: string, context: CommandContext): Promise<Committed> {
    return this.commands.execute<EndSession, Committed>(new EndSession(sessionId, {}, context));
  }

  private async signedIn(
    user: CurrentUser,
    sessionId: string,
    refreshToken: string,
    { position }: Committed,
  ): Promise<SignedIn> {
    const claims = { sub: user.id, name: user.name, roles: [user.role], sid: sessionId, urev: user.revision };
    const { token: accessToken, expiresIn } = await this.accessTokens.issue(claims);
    return { accessToken, expiresIn, refreshToken, user, position };
  }

  /** Stored before the event that makes it good: a kill in between leaves a token that nobody holds. */
  private async newRefreshToken(session: SessionKey, userId: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.refreshTokens.insert({ hash: hashOfSecret(token), userId, ...session });
    if (session.generation === 0) await this.refreshTokens.delete({ expiresAt: LessThan(new Date()) });
    return token;
  }

  /** A repeated request brings a code that was used: by itself. */
  private async hasStarted(user: CurrentUser, request: CommandContext): Promise<boolean> {
    if (!user.secondFactor) return false;
    const session = await this.aggregates.load(sessionDecider, sessionOf(user, request));
    if (!isOpen(session) || session.generation > 0) return false;
    return Date.parse(request.occurredAt) < Date.parse(session.expiresAt) - sessionMs + repeatableMs;
  }

  /** Reads the command's event back: a repeated request is answered by what it did the first time. */
  private async eventAt({ id, revision }: Committed): Promise<SessionEvent> {
    for await (const event of this.aggregates.history(sessionDecider, id, revision)) return event;
    throw new Error(`Event ${revision} of the session ${id} vanished.`);
  }
}

function isOpen(session: SessionState): session is ActiveSession {
  return session.status === 'active' && session.expiresAt > new Date().toISOString();
}

function sessionOf({ id }: ActiveUser, { commandId }: CommandContext): string {
  return stableId('session', id, commandId);
}
