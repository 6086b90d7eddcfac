import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { appendDraft } from './append-draft.js';

/** Each call is a process that loads every context. */
const timeout = 240_000;

let folder: string;
let stack: Stack;
let store: EventStore;
let sql: Client;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  stack = await startStack({ dataDir: folder, suite: true, ports: { suite: 0 } });
  store = EventStore.connect(stack.env['EVENTSTORE_URL']!);
  sql = new Client(stack.env['CONTRACT_DATABASE_URL']);
  await sql.connect();
  for (let count = 0; count < 30; count++) await appendDraft(store);
  await eventually(async () => {
    const { rows } = await sql.query<{ count: string }>('select count(*) from contract_list');
    if (rows[0]!.count !== '30') throw new Error(`Only ${rows[0]!.count} of 30 contracts are listed.`);
  });
}, timeout);

afterAll(async () => {
  await sql.end();
  await store.close();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

function command(...args: readonly string[]): ChildProcess {
  const env = { PATH: process.env['PATH'], KEIYAKU_DATA: folder };
  return spawn(process.execPath, [compiled('scripts/projections.js'), ...args], { env });
}

async function run(...args: readonly string[]): Promise<{ code: number; out: string }> {
  const child = command(...args);
  const [out, complaints, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, out: out + complaints };
}

describe('npm run projections, beside the suite', () => {
  it('lists, verifies, finds a wrong row and mends it', { timeout }, async () => {
    const listed = await run('list');
    expect(listed.out).toMatch(/^contract_list +3 +contract_list_v3_g1 +\d+ +\d+ +serves$/m);
    await sql.query(
      `update contract_list_v3_g1 set plan = 'starter' where id = (select id from contract_list limit 1)`,
    );
    const differing = await run('verify', 'contract_list');
    expect(differing).toMatchObject({ code: 1 });
    expect(differing.out).toContain('contract_list differs from a fresh rebuild in 1 rows');
    expect(differing.out).toContain('plan is "starter" and should be "enterprise"');

    const rebuilt = await run('rebuild', 'contract_list');
    expect(rebuilt).toMatchObject({ code: 0 });
    expect(rebuilt.out).toMatch(/contract_list was rebuilt up to position \d+ in/);
    expect(await run('verify', 'contract_list')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^contract_list equals a fresh rebuild: 30 rows at position \d+\.$/m) as unknown,
    });
  });

  it('can be killed: the old table serves on, and the next rebuild succeeds', { timeout }, async () => {
    const live = await liveTable();
    const lock = new Client(stack.env['CONTRACT_DATABASE_URL']);
    await lock.connect();
    await lock.query('begin');
    // The switch waits for this, so the kill comes before it.
    await lock.query(`select from consumer_checkpoints where consumer = $1 for update`, [live]);
    const child = command('rebuild', 'contract_list');
    const gone = once(child, 'close');
    await eventually(
      async () => {
        const { rows } = await sql.query(`select from pg_locks where not granted and locktype = 'transactionid'`);
        expect(rows.length).toBeGreaterThan(0);
      },
      { timeoutMs: timeout },
    );
    child.kill('SIGKILL');
    await gone;
    await lock.end();
    expect(await liveTable()).toBe(live);

    await appendDraft(store);
    expect(await run('rebuild', 'contract_list')).toMatchObject({ code: 0 });
    expect(await liveTable()).not.toBe(live);
    const { rows } = await sql.query(`select from pg_class where relkind = 'r' and relname ~ '^contract_list_v'`);
    expect(rows).toHaveLength(1);
  });

  it.each([
    [['rebuild', 'contracts'], 1, 'No read model is named contracts. There are: '],
    [['drop'], 2, 'npm run projections -- rebuild NAME'],
  ])('%s says what to do', { timeout }, async (args, code, message) => {
    const answer = await run(...args);
    expect(answer.code).toBe(code);
    expect(answer.out).toContain(message);
  });
});

async function liveTable(): Promise<string> {
  const { rows } = await sql.query<{ consumer: string }>(
    `select consumer from consumer_checkpoints where projection = 'contract_list' and live`,
  );
  return rows[0]!.consumer;
}
