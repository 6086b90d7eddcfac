import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';

const seekEveryMs = 1_000;
const reconnectMs = 500;
/** A name became free; whoever stands by for it need not wait for the next look. */
const freeChannel = 'keiyaku_consumer_free';

/** The right of this process to run one consumer. */
export interface Ownership {
  /** Aborts when the session's connection is gone and with it the lock. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

interface Seeker {
  readonly name: string;
  readonly granted: (ownership: Ownership) => void;
  readonly taken: () => void;
}

/**
 * The one connection of this process to a context's database that stays open as long as the process lives. Its
 * advisory locks say which consumers this process runs: Postgres frees them when the process dies, however it dies.
 * Only a process that stands by for something looks, once a second, in one query for all its consumers.
 */
export class ConsumerSession {
  private readonly logger = new Logger('consumers');
  private readonly closing = new AbortController();
  private readonly seekers = new Set<Seeker>();
  private readonly owned = new Map<string, AbortController>();
  private readonly listeners = new Map<string, Set<(payload: string) => void>>();
  private client: Client | undefined;
  private running: Promise<void> | undefined;
  private seeking = false;
  private seekAgain = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param database tells where to connect: its options hold a URL */
  constructor(private readonly database: DataSource) {
    this.listen(freeChannel, () => void this.seek());
  }

  /**
   * Waits until this process is the one that runs the consumer; undefined when the signal comes first.
   * @param taken told whenever another process was found to run it
   */
  async own(name: string, signal: AbortSignal, taken: () => void): Promise<Ownership | undefined> {
    if (signal.aborted || this.closing.signal.aborted) return undefined;
    this.running ??= this.run();
    const { promise, resolve } = Promise.withResolvers<Ownership | undefined>();
    const seeker: Seeker = { name, granted: resolve, taken };
    const giveUp = (): void => {
      this.seekers.delete(seeker);
      resolve(undefined);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.closing.signal.addEventListener('abort', giveUp, { once: true });
    this.seekers.add(seeker);
    void this.seek();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.closing.signal.removeEventListener('abort', giveUp);
    }
  }

  /** Hears what other sessions tell on a channel; call what it answers to stop. Nothing is heard while disconnected. */
  listen(channel: string, heard: (payload: string) => void): () => void {
    const known = this.listeners.get(channel) ?? new Set();
    if (!this.listeners.has(channel)) {
      // A session that is away listens when it is back.
      this.client?.query(`listen ${channel}`).catch((error: unknown) => {
        this.logger.debug({ err: error }, `The session ended before it listened to ${channel}`);
      });
    }
    this.listeners.set(channel, known.add(heard));
    return () => known.delete(heard);
  }

  /** Frees everything that this process owns. */
  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.timer);
    await this.client?.end();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        await this.stayConnected();
      } catch (error) {
        this.logger.warn({ err: error }, 'The session that owns consumers is away and connects again');
      }
      for (const lost of this.owned.values()) lost.abort();
      this.owned.clear();
      await delay(reconnectMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  private async stayConnected(): Promise<void> {
    const { options } = this.database;
    if (options.type !== 'postgres' || !options.url) throw new Error('Consumers need a Postgres database with a URL.');
    const client = new Client({
      connectionString: options.url,
      application_name: 'keiyaku consumers',
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 5_000,
    });
    const ended = Promise.withResolvers<void>();
    client.on('end', () => ended.resolve());
    // The connection ends after an error; what was in flight is told by the query that fails.
    client.on('error', () => ended.resolve());
    client.on('notification', ({ channel, payload = '' }) => {
      for (const heard of this.listeners.get(channel) ?? []) heard(payload);
    });
    try {
      await client.connect();
      // A process whose machine vanished frees its locks after some ten seconds, not after two hours.
      await client.query('set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3');
      for (const channel of this.listeners.keys()) await client.query(`listen ${channel}`);
      this.client = client;
      await this.seek();
      if (!this.closing.signal.aborted) await ended.promise;
    } finally {
      this.client = undefined;
      await client.end();
    }
  }

  /** Tries for every name that somebody here waits for, and looks again later for those that are taken. */
  private async seek(): Promise<void> {
    const { client } = this;
    if (!client || this.seekers.size === 0) return;
    this.seekAgain = this.seeking;
    if (this.seeking) return;
    this.seeking = true;
    clearTimeout(this.timer);
    try {
      // A name that this process owns already would be granted twice: locks of one session do not exclude each other.
      const names = [...new Set([...this.seekers].map(({ name }) => name))].filter((name) => !this.owned.has(name));
      const { rows } = await client.query<{ name: string }>(
        'select name from unnest($1::text[]) as name where pg_try_advisory_lock(hashtextextended(name, 0))',
        [names.map(lockName)],
      );
      const granted = new Set(rows.map(({ name }) => name));
      for (const name of names) if (granted.has(lockName(name))) await this.grant(name, client);
      for (const seeker of this.seekers) if (names.includes(seeker.name)) seeker.taken();
    } catch (error) {
      this.logger.debug({ err: error }, 'Consumers could not be looked for');
    } finally {
      this.seeking = false;
      if (this.seekAgain) void this.seek();
      else if (this.seekers.size > 0 && !this.closing.signal.aborted) {
        this.timer = setTimeout(() => void this.seek(), seekEveryMs);
      }
    }
  }

  private async grant(name: string, client: Client): Promise<void> {
    const lost = new AbortController();
    const release = async (): Promise<void> => {
      if (lost.signal.aborted || this.owned.get(name) !== lost) return;
      this.owned.delete(name);
      await unlock(name, client).catch((error: unknown) => {
        this.logger.debug({ err: error }, `The session ended before it let go of ${name}`);
      });
    };
    const seeker = [...this.seekers].find((each) => each.name === name);
    this.owned.set(name, lost);
    // Nobody waits any more.
    if (!seeker) return release();
    this.seekers.delete(seeker);
    seeker.granted({ lost: lost.signal, release });
  }
}

async function unlock(name: string, client: Client): Promise<void> {
  await client.query(`select pg_advisory_unlock(hashtextextended($1, 0)), pg_notify('${freeChannel}', '')`, [
    lockName(name),
  ]);
}

function lockName(name: string): string {
  return `keiyaku consumer ${name}`;
}
