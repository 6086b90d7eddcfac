import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { createTestDatabase, type TestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let server: EventStoreServer;
let keys: TestDatabase;
let stores: Record<string, string>;

beforeAll(async () => {
  [server, keys] = await Promise.all([startEventStoreServer(), createTestDatabase('personal_keys')]);
  stores = {
    EVENTSTORE_URL: server.url,
    PERSONAL_KEYS_DATABASE_URL: keys.url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
});

afterAll(async () => {
  await server.stop();
  await keys.drop();
});

async function seed(args: readonly string[], env: Record<string, string>): Promise<Outcome> {
  const { EVENTSTORE_URL: _, ...inherited } = process.env;
  const run = promisify(execFile)(process.execPath, [compiled('scripts/seed.js'), ...args], {
    env: { ...inherited, ...env },
  });
  return run.then(
    (output) => ({ code: 0, ...output }),
    (error: Outcome) => error,
  );
}

it('writes the data set once, with what is personal sealed', async () => {
  const args = ['--customers', '60', '--until', '2026-11-22', '--json'];
  const first = await seed(args, stores);
  expect(first.stderr).toContain('60 customers, 7 users');
  const result = JSON.parse(first.stdout) as Record<string, number>;
  expect(result).toMatchObject({ customers: 60, users: 7, seed: 1, until: '2026-11-22' });
  expect(result['added']).toBe(result['events']);

  const store = EventStore.connect(server.url);
  const log = (await store.readLog(undefined, 2_000)).flatMap(({ event }) => event ?? []);
  expect(log).toHaveLength(result['events']!);
  expect(JSON.stringify(log.map(({ data, metadata }) => ({ data, metadata })))).not.toMatch(/@example|佐|サ|10\.20\./);
  const created = log.find(({ type }) => type === 'customer.created');
  expect(created?.metadata).toMatchObject({
    actor: { role: expect.any(String) },
    schemaVersion: 1,
    sealed: { data: { subject: `customer:${created?.stream.slice('customer-'.length)}` } },
  });

  const again = JSON.parse((await seed(args, stores)).stdout) as Record<string, number>;
  expect(again).toMatchObject({ customers: 60, events: result['events'], added: 0 });
  expect((await store.readLog(undefined, 2_000)).length).toBe(log.length);
  const more = ['--customers', '70', '--until', '2026-11-22', '--json', '--customers-only'];
  const grown = JSON.parse((await seed(more, stores)).stdout) as Record<string, number>;
  expect(grown).toMatchObject({ customers: 70, meetings: 0 });
  expect(grown['added']).toBeGreaterThanOrEqual(10);
  await store.close();
});

it.each([
  [[], 'Say how many customers there shall be.'],
  [['--customers', '1', '--until', '2026-02-30'], '--until is "2026-02-30" and must be like 2026-11-22.'],
])('says what it takes when it is called with %j', async (args, complaint) => {
  const { code, stdout, stderr } = await seed(args, stores);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(complaint);
  expect(stderr).toContain('npm run seed -- --customers N');
});

it('says what to do when no stack was ever started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-seed-'));
  const { code, stderr } = await seed(['--customers', '1'], { KEIYAKU_DATA: folder });
  rmSync(folder, { recursive: true });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `Nothing was ever started on ${folder}: run npm start first.\n`,
  });
});

it.each([
  ['The event store', { EVENTSTORE_URL: 'esdb://127.0.0.1:9?tls=false' }],
  ['The key database', { PERSONAL_KEYS_DATABASE_URL: 'postgres://postgres@127.0.0.1:9/personal_keys' }],
])('says what to do when nothing answers at %s', async (part, elsewhere) => {
  const { code, stderr } = await seed(['--customers', '1'], { ...stores, ...elsewhere });
  expect(code).toBe(1);
  expect(stderr).toBe(
    `${part} can't be reached. Start the stack with npm start and run this again: what stands stays, and the rest is added.\n`,
  );
});
