import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, Optional } from '@nestjs/common';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { LogTail } from '#libs/event-sourcing/src/log-tail.js';
import type { Caller } from '#libs/http/src/request.js';
import { accessTokenLifetimeSeconds } from './access-token.js';
import { besideKeySet } from './issuer-urls.js';
import {
  hashOfSubject,
  type PublishedRevocations,
  type Revocation,
  revocationOf,
  revokingTypes,
  subjectsOf,
} from './revocation.js';

const batch = 200;
const againMs = 1_000;
const fetchTimeoutMs = 5_000;
const catchUpMs = 3_000;
/** Longer than any token lives that was made before the revocation, whatever the clocks say. */
const memoryMs = (accessTokenLifetimeSeconds + 300) * 1_000;
const wanted: ReadonlySet<string> = new Set(revokingTypes);

/** What was revoked can't be read, so no token can be told to be good. */
export class RevocationsUnavailable extends Error {
  constructor(where: string, cause: unknown) {
    super(`What was revoked can't be read at ${where}.`, { cause });
    this.name = 'RevocationsUnavailable';
  }
}

interface Entry {
  readonly beforeRevision: number;
  /** Milliseconds since 1970. */
  readonly forgetAt: number;
}

/**
 * Access tokens that are good for nothing although they have not expired. The first token that comes in makes the
 * process ask identity what was revoked lately; from there it follows the log, so a revocation counts here as soon as
 * it is stored. While the log is away nothing can be revoked anywhere; what was stored meanwhile is caught up with.
 * Without a log (an app of libs/http alone) nothing is revoked.
 */
@Injectable()
export class Revocations implements BeforeApplicationShutdown {
  private readonly logger = new Logger('revocations');
  private readonly stopping = new AbortController();
  private readonly revoked = new Map<string, Entry>();
  private readonly listeners = new Set<(revocation: Revocation) => void>();
  private beginning: Promise<void> | undefined;
  private following: Promise<void> = Promise.resolve();
  private isKnown = false;
  private readonly caughtUp = Promise.withResolvers<void>();

  constructor(@Optional() private readonly tail?: LogTail) {}

  /** Once it has ended well, all revocations are known. @throws RevocationsUnavailable */
  async known(): Promise<void> {
    if (!this.tail || this.isKnown) return;
    this.beginning ??= this.begin(this.tail).catch((error: unknown) => {
      this.beginning = undefined;
      throw error;
    });
    await this.beginning;
    const late = delay(catchUpMs, 'late' as const, { ref: false });
    if ((await Promise.race([this.caughtUp.promise, late])) === 'late') {
      throw new RevocationsUnavailable('the end of the log', undefined);
    }
    this.isKnown = true;
  }

  /** Called after each revocation that comes along, until the function that it answers is called. */
  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  covers(caller: Caller): boolean {
    if (this.revoked.size === 0) return false;
    return subjectsOf(caller).some((subject) => {
      const entry = this.revoked.get(hashOfSubject(subject));
      return entry !== undefined && (caller.userRevision ?? -1) < entry.beforeRevision;
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async begin(tail: LogTail): Promise<void> {
    const { position, revoked } = await this.fetchPublished();
    for (const { subject, beforeRevision } of revoked) this.add(subject, beforeRevision);
    const from = BigInt(position);
    // While the log is away nothing can be revoked: what identity says is all that is known.
    const head = await tail.store.head().catch(() => from);
    this.following = this.follow(tail, from, head);
  }

  private async fetchPublished(): Promise<PublishedRevocations> {
    const url = besideKeySet('revocations.json');
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      return (await response.json()) as PublishedRevocations;
    } catch (error) {
      throw new RevocationsUnavailable(url, error);
    }
  }

  private async follow(tail: LogTail, from: bigint, head: bigint): Promise<void> {
    const { signal } = this.stopping;
    let position = from;
    while (!signal.aborted) {
      const cursor = tail.open(position, (type) => wanted.has(type));
      try {
        for (;;) {
          if (position >= head) this.caughtUp.resolve();
          const taken = await cursor.take(batch, signal);
          if (!taken) return;
          for (const event of taken.events) this.hear(event);
          cursor.advance(taken.position);
          position = taken.position;
        }
      } catch (err) {
        this.logger.debug({ err }, 'The log is not watched for revocations just now');
        await delay(againMs, undefined, { signal }).catch(() => undefined);
      } finally {
        cursor.close();
      }
    }
  }

  private hear(event: RecordedEvent): void {
    const revocation = revocationOf(event);
    if (!revocation) return;
    this.add(hashOfSubject(revocation.subject), revocation.beforeRevision);
    for (const listener of this.listeners) listener(revocation);
  }

  private add(subject: string, beforeRevision = Number.POSITIVE_INFINITY): void {
    const now = Date.now();
    for (const [each, { forgetAt }] of this.revoked) {
      if (forgetAt > now) break;
      this.revoked.delete(each);
    }
    const before = Math.max(beforeRevision, this.revoked.get(subject)?.beforeRevision ?? -1);
    // A map keeps its order: the oldest stands first.
    this.revoked.delete(subject);
    this.revoked.set(subject, { beforeRevision: before, forgetAt: now + memoryMs });
  }
}
