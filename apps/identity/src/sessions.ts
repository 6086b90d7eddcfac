import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { SessionEvent } from '#libs/events/src/identity.js';
import { AccessTokens } from './access-tokens.js';
import { Credential, RefreshToken } from './credential-tables.js';
import { EndSession, RefreshSession, sessionDecider, StartSession } from './domain/session.decider.js';
import type { ActiveUser } from './domain/user.js';
import { identityProblem } from './identity.problems.js';
import { MailHash } from './mail-hash.js';
import { Passwords } from './passwords.js';
import { Users } from './users.js';

const sessionDays = 14;
const sessionMs = sessionDays * 24 * 60 * 60 * 1000;

export interface SignedIn {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly user: ActiveUser;
  readonly position: bigint;
}

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
    private readonly mailHash: MailHash,
    private readonly accessTokens: AccessTokens,
  ) {}

  /** @throws ProblemError sign_in_refused, the same for an unknown mail and a wrong password */
  async signIn(email: string, password: string, request: CommandContext): Promise<SignedIn> {
    const credential = await this.credentials.findOneBy({ mailHash: this.mailHash.of(email) });
    const matches = await this.passwords.matches(password, credential?.passwordHash);
    const user = credential && matches ? await this.users.find(credential.userId) : undefined;
    if (!user) throw identityProblem('sign_in_refused');

    const expiresAt = new Date(Date.parse(request.occurredAt) + sessionMs);
    // A repeated request with the same Idempotency-Key finds its session.
    const sessionId = stableId('session', user.id, request.commandId);
    const refreshToken = await this.newRefreshToken({ sessionId, generation: 0, expiresAt }, user.id);
    // The request holds the password: no hash of it goes into the log, not even a keyed one.
    const { fingerprint: _password, ...context } = asUser(user, request);
    const started = await this.commands.execute<StartSession, Committed>(
      new StartSession(sessionId, { userId: user.id, expiresAt: expiresAt.toISOString() }, context),
    );
    return this.signedIn(user, sessionId, refreshToken, started);
  }

  /**
   * Exchanges a refresh token. The log decides who is first: one exchange per token is stored, every other one ends
   * the session.
   * @throws ProblemError refresh_token_invalid, session_ended
   */
  async refresh(token: string, request: CommandContext): Promise<SignedIn> {
    const known = await this.refreshTokens.findOneBy({ hash: tokenHash(token) });
    const user = known && known.expiresAt > new Date() ? await this.users.find(known.userId) : undefined;
    if (!known || !user) throw identityProblem('refresh_token_invalid');

    const { sessionId, generation, expiresAt } = known;
    const next = await this.newRefreshToken({ sessionId, generation: generation + 1, expiresAt }, user.id);
    const refreshed = await this.commands.execute<RefreshSession, Committed>(
      new RefreshSession(sessionId, { generation }, asUser(user, request)),
    );
    const { type } = await this.eventAt(refreshed);
    if (type === 'session.reuse_detected') throw identityProblem('session_ended');
    return this.signedIn(user, sessionId, next, refreshed);
  }

  async signOut(sessionId: string, context: CommandContext): Promise<Committed> {
    return this.commands.execute<EndSession, Committed>(new EndSession(sessionId, {}, context));
  }

  private async signedIn(
    user: ActiveUser,
    sessionId: string,
    refreshToken: string,
    { position }: Committed,
  ): Promise<SignedIn> {
    const claims = { sub: user.id, name: user.name, roles: [user.role], sid: sessionId };
    const { token: accessToken, expiresIn } = await this.accessTokens.issue(claims);
    return { accessToken, expiresIn, refreshToken, user, position };
  }

  /** Stored before the event that makes it good: a kill in between leaves a token that nobody holds. */
  private async newRefreshToken(session: SessionKey, userId: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.refreshTokens.insert({ hash: tokenHash(token), userId, ...session });
    if (session.generation === 0) await this.refreshTokens.delete({ expiresAt: LessThan(new Date()) });
    return token;
  }

  /** Reads the command's event back: a repeated request is answered by what it did the first time. */
  private async eventAt({ id, revision }: Committed): Promise<SessionEvent> {
    for await (const event of this.aggregates.history(sessionDecider, id, revision)) return event;
    throw new Error(`Event ${revision} of the session ${id} vanished.`);
  }
}

function asUser(user: ActiveUser, { actor: { ip }, ...request }: CommandContext): CommandContext {
  return { ...request, actor: { id: user.id, role: user.role, ...(ip !== undefined && { ip }) } };
}

function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
