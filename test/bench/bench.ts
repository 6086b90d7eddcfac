import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { createDatabases, dropDatabase } from '#libs/local-stack/src/databases.js';
import { PostgresSubjectKeys } from '#libs/personal-data/src/postgres-subject-keys.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { type LoadGenerator, startLoadGenerator } from './load/generator.js';
import type { Settings } from './settings.js';

const patienceMs = 300_000;

export interface BenchOptions {
  /** Folder for a CPU profile of the suite; it is slower then. */
  readonly profileTo?: string | undefined;
  /** Folder of a stack that stays. Without it everything goes when the measurements end. */
  readonly data?: string;
}

/** Everything that measurements use: the whole system as `npm start` runs it, and the load generator. */
export class Bench {
  readonly generator: LoadGenerator = startLoadGenerator();
  readonly log: EventStoreDBClient;

  private constructor(
    readonly settings: Settings,
    readonly stack: Stack,
    readonly report: (line: string) => void,
    private readonly isKept: boolean,
  ) {
    this.log = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
  }

  /** @throws StackError that says what to do */
  static async start(
    settings: Settings,
    report: (line: string) => void,
    { profileTo, data }: BenchOptions = {},
  ): Promise<Bench> {
    const dataDir = data ?? mkdtempSync(join(tmpdir(), 'keiyaku-bench-'));
    // Only local stores: the baselines have to stand on the same ones.
    const environment = {
      // Counted as everywhere, and never refused.
      RATE_LIMIT_MACHINE: '999999999/15m',
      RATE_LIMIT_PERSON: '999999999/15m',
      RATE_LIMIT_WEBHOOK: '999999999/15m',
      ...(profileTo !== undefined && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileTo}` }),
    };
    const stack = await startStack({ dataDir, suite: true, ports: { suite: 0 }, environment });
    return new Bench(settings, stack, report, data !== undefined);
  }

  /** Base of the API, with an address instead of a name to look up. */
  get api(): string {
    return `${this.stack.env['PUBLIC_URL']}/api`;
  }

  get contractDatabaseUrl(): string {
    return this.stack.env['CONTRACT_DATABASE_URL']!;
  }

  /** The key database of the suite. */
  keys(): Promise<PostgresSubjectKeys> {
    const { PERSONAL_KEYS_DATABASE_URL: url, ENCRYPTION_KEY: key } = this.stack.env;
    return PostgresSubjectKeys.connect(url!, Buffer.from(key!, 'base64'));
  }

  /** A fresh access token of a machine client. */
  async token(): Promise<string> {
    const { SERVICE_CLIENT_ID: id, SERVICE_CLIENT_SECRET: secret } = this.stack.env;
    const request = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
    const { access_token: token } = await this.post<{ access_token: string }>('/auth/token', request);
    return token;
  }

  async post<Answer>(path: string, body: object, token?: string): Promise<Answer> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(this.api + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** Makes a database of its own in the stack's Postgres; answers its URL. */
  async database(name: string): Promise<string> {
    return (await createDatabases(this.contractDatabaseUrl, [name]))[name]!;
  }

  async dropDatabase(name: string): Promise<void> {
    await dropDatabase(this.contractDatabaseUrl, name);
  }

  /** Waits until every consumer has worked off the log and nothing new comes, so that one figure does not load the next. */
  async quiet(): Promise<void> {
    let deadline = Date.now() + patienceMs;
    for (let before = -1n, reached = -1n; ; await delay(250)) {
      const [head, slowest] = [await this.head(), await this.slowestConsumer()];
      if (head === before && slowest >= head) return;
      // A long log may take its time, as long as everybody goes on.
      if (slowest > reached) deadline = Date.now() + patienceMs;
      [before, reached] = [head, slowest];
      if (Date.now() > deadline) throw new Error('The suite did not work off its events.');
    }
  }

  async stop(): Promise<void> {
    this.generator.stop();
    await this.log.dispose();
    await this.stack.stop();
    if (!this.isKept) rmSync(this.stack.dataDir, { recursive: true, force: true });
  }

  private async head(): Promise<bigint> {
    const newest = this.log.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 });
    let head = -1n;
    // Read to its end: a read that is left early stays open, and the client then never closes.
    for await (const { event } of newest) if (event) head = event.position.commit;
    return head;
  }

  private async slowestConsumer(): Promise<bigint> {
    const response = await fetch(`${this.stack.env['PUBLIC_URL']}/ready`);
    const { checks } = (await response.json()) as {
      checks: { consumers: { detail: { consumers: { position: string }[] } } };
    };
    const positions = checks.consumers.detail.consumers.map(({ position }) => BigInt(position));
    return positions.reduce((least, each) => (each < least ? each : least));
  }
}

/** The CRM's side of a webhook source. */
export async function registerWebhookSource(bench: Bench): Promise<{ readonly url: string; readonly secret: string }> {
  const source = await bench.post<{ id: string; secret: string }>(
    '/webhook-sources',
    { name: 'Bench CRM' },
    await bench.token(),
  );
  return { url: `${bench.api}/webhooks/crm/${source.id}`, secret: source.secret };
}
