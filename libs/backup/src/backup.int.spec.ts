import { EventStoreDBClient, START, jsonEvent } from '@eventstore/db-client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';
import { writeRestoreMark } from '#libs/local-stack/src/restore-mark.js';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { makeTemporaryFolder, temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { Manifest } from './manifest.js';
import { restoreBackup } from './restore-backup.js';
import { takeBackup } from './take-backup.js';

/** Made once, by the first test's load; the tests restore it each into a folder of their own. */
const root = makeTemporaryFolder();
const source = join(root, 'source');
const backup = join(root, 'backup');
let manifest: Manifest;
/** Ids of the events that were stored and worked off before the backup began. */
let acknowledged: readonly string[];

/** As the kernel does it: the checkpoint moves with the work, behind the log. */
const tables = `
  create table consumer_checkpoints (consumer text primary key, position bigint not null, log uuid);
  insert into consumer_checkpoints values ('spec_v1_g1', -1);
  create table spec_v1_g1 (event_id uuid primary key)`;
const keys = `
  create table subject_keys (
    subject text primary key, sealed_key text, created_at timestamptz not null default now(), destroyed_at timestamptz
  );
  insert into subject_keys (subject, sealed_key) values ('contract:erased-later', 'k1'), ('contract:stays', 'k2');
  insert into subject_keys (subject, destroyed_at) values ('contract:erased-before', now())`;

beforeAll(async () => {
  const stack = await startStores(source);
  try {
    await sql(stack, 'contract', tables);
    await sql(stack, 'postgres', 'create database keys_of_persons');
    await sql(stack, 'keys_of_persons', keys);
    await takeUnderLoad(stack);
  } finally {
    await stack.stop();
  }
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function startStores(dataDir: string): Promise<Stack> {
  return startStack({ dataDir, suite: false, environment: {}, ports: { suite: 1 } });
}

async function takeUnderLoad(stack: Stack): Promise<void> {
  const client = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
  const worked = new Client(stack.env['CONTRACT_DATABASE_URL']);
  await worked.connect();
  const done: string[] = [];
  const stop = new AbortController();
  const consumer = (async () => {
    for (let n = 0; !stop.signal.aborted; n++) {
      const event = jsonEvent({ type: 'spec.happened', data: { n, filling: 'x'.repeat(n % 300) } });
      const { position } = await client.appendToStream(`spec-${n % 20}`, [event]);
      await worked.query('begin');
      await worked.query('insert into spec_v1_g1 values ($1)', [event.id]);
      await worked.query('update consumer_checkpoints set position = $1', [String(position?.commit)]);
      await worked.query('commit');
      done.push(event.id);
    }
  })();
  await eventually(() => expect(done.length).toBeGreaterThan(50));
  acknowledged = [...done];
  manifest = await takeBackup({ dataDir: source, to: backup });
  stop.abort();
  await consumer;
  await worked.end();
  await client.dispose();
}

async function sql<Row extends object>(stack: Stack, database: string, text: string): Promise<Row[]> {
  const url = new URL(stack.env['CONTRACT_DATABASE_URL']!);
  url.pathname = `/${database}`;
  const client = new Client(url.href);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function idsInLog(stack: Stack): Promise<string[]> {
  const client = EventStoreDBClient.connectionString(stack.env['EVENTSTORE_URL']!);
  const ids = [];
  for await (const { event } of client.readAll({ fromPosition: START })) if (event) ids.push(event.id);
  await client.dispose();
  return ids;
}

async function withStores<Result>(dataDir: string, work: (stack: Stack) => Promise<Result>): Promise<Result> {
  const stack = await startStores(dataDir);
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

/** A copy of the backup that a test may spoil. */
function copyOfBackup(): string {
  const copy = join(temporaryFolder(), 'backup');
  cpSync(backup, copy, { recursive: true });
  return copy;
}

/** A folder with nothing but the secrets. */
function emptyFolder(): string {
  const folder = join(temporaryFolder(), 'data');
  mkdirSync(folder, { mode: 0o700 });
  cpSync(join(source, 'secrets.json'), join(folder, 'secrets.json'));
  return folder;
}

const erasedKeys = `select subject, sealed_key is null as gone from subject_keys order by subject`;

describe('a backup of a stack that runs', () => {
  it('holds what was there, with every checkpoint at or behind the end of the log', async () => {
    const to = emptyFolder();
    const restored = await restoreBackup({ from: backup, to });
    expect(restored).toEqual({ takenAt: manifest.takenAt, log: manifest.log, eraseAgain: [] });
    expect(existsSync(join(to, 'restoring'))).toBe(false);
    await withStores(to, async (stack) => {
      const ids = await idsInLog(stack);
      expect(ids).toEqual(expect.arrayContaining([...acknowledged]));
      expect(ids).toHaveLength(manifest.log.events);
      const done = await sql<{ id: string }>(stack, 'contract', 'select event_id as id from spec_v1_g1');
      expect(done.length).toBeGreaterThanOrEqual(acknowledged.length);
      expect(new Set(ids)).toEqual(new Set([...ids, ...done.map(({ id }) => id)]));
      const [checkpoint] = await sql<{ position: string }>(
        stack,
        'contract',
        'select position from consumer_checkpoints',
      );
      expect(BigInt(checkpoint!.position)).toBeLessThanOrEqual(BigInt(manifest.log.head));
      expect(BigInt(manifest.checkpoints['contract']!['spec_v1_g1']!)).toBeLessThanOrEqual(BigInt(manifest.log.head));
      // Databases of which this tool was never told are there too.
      expect(await sql(stack, 'keys_of_persons', erasedKeys)).toEqual([
        { subject: 'contract:erased-before', gone: true },
        { subject: 'contract:erased-later', gone: false },
        { subject: 'contract:stays', gone: false },
      ]);
    });
  });

  it('holds no secret of the instance in the clear, and only its owner can read it', () => {
    const { encryptionKey, postgresPassword, redisPassword } = JSON.parse(
      readFileSync(join(source, 'secrets.json'), 'utf8'),
    ) as Record<string, string>;
    for (const name of readdirSync(backup)) {
      const path = join(backup, name);
      expect(statSync(path).mode & 0o077).toBe(0);
      const content = readFileSync(path);
      for (const secret of [encryptionKey!, postgresPassword!, redisPassword!]) {
        expect(content.includes(secret)).toBe(false);
      }
    }
  });
});

describe('a backup of a stack that is stopped', () => {
  it('can be taken and restored too', async () => {
    const to = join(temporaryFolder(), 'backup');
    const second = await takeBackup({ dataDir: source, to });
    expect(second.log.events).toBeGreaterThanOrEqual(manifest.log.events);
    const data = emptyFolder();
    expect((await restoreBackup({ from: to, to: data })).log).toEqual(second.log);
  });

  it('is refused where the stores run elsewhere, nothing ever ran, or another backup stands', async () => {
    const dataDir = emptyFolder();
    const to = join(temporaryFolder(), 'backup');
    await expect(takeBackup({ dataDir, to })).rejects.toThrow(
      /Postgres of this instance is not in .* docs\/backup\.md/,
    );
    await expect(takeBackup({ dataDir: source, to: backup })).rejects.toThrow('is not empty: choose a new folder');
    await expect(takeBackup({ dataDir: join(dataDir, 'x'), to })).rejects.toThrow('Nothing was ever started on');
    expect(existsSync(to)).toBe(false);
  });
});

describe('a restore', () => {
  it('refuses a backup that was broken off, is damaged or of another kind', async () => {
    const to = emptyFolder();
    const spoilt = (change: (folder: string) => void) => {
      const from = copyOfBackup();
      change(from);
      return restoreBackup({ from, to });
    };
    const edit = (change: object) => (folder: string) =>
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...change }));

    await expect(spoilt((folder) => rmSync(join(folder, 'manifest.json')))).rejects.toThrow('is no complete backup');
    await expect(spoilt((folder) => rmSync(join(folder, 'log')))).rejects.toThrow(/damaged: .*log is missing/);
    await expect(spoilt((folder) => appendFileSync(join(folder, 'log'), 'x'))).rejects.toThrow(
      /damaged: .* bytes instead/,
    );
    const flipBit = (folder: string): void => {
      const content = readFileSync(join(folder, 'databases.tar'));
      content[5_000_000]! ^= 1;
      writeFileSync(join(folder, 'databases.tar'), content);
    };
    await expect(spoilt(flipBit)).rejects.toThrow(/damaged: .*databases.tar has another checksum/);
    await expect(spoilt((folder) => writeFileSync(join(folder, 'manifest.json'), '{'))).rejects.toThrow(
      "can't be read",
    );
    await expect(spoilt(edit({ format: 3 }))).rejects.toThrow(/has format 3 and this version reads format 2/);
    await expect(spoilt(edit({ tool: { ...manifest.tool, postgres: '9' } }))).rejects.toThrow(
      /made on .* with Postgres 9/,
    );
    await expect(spoilt(edit({ log: { ...manifest.log, events: 1 } }))).rejects.toThrow('holds another log than');
    // None of these attempts is in the way of the next one.
    expect(await restoreBackup({ from: backup, to })).toMatchObject({ log: manifest.log });
  });

  it('refuses a folder with data, one that is in use, and other secrets', async () => {
    await expect(restoreBackup({ from: backup, to: source })).rejects.toThrow(/holds data: .* --replace/);
    const fresh = join(temporaryFolder(), 'data');
    await expect(restoreBackup({ from: backup, to: fresh })).rejects.toThrow(/secrets.json is missing.*--secrets FILE/);
    const secrets = join(temporaryFolder(), 'other.json');
    writeFileSync(secrets, JSON.stringify({ encryptionKey: Buffer.alloc(32).toString('base64') }));
    await expect(restoreBackup({ from: backup, to: fresh, secrets })).rejects.toThrow('is of another instance');
    await withStores(fresh, async () => {
      const again = restoreBackup({ from: backup, to: fresh, replace: true });
      await expect(again).rejects.toThrow(`Keiyaku already runs on ${fresh}`);
    });
  });

  it('keeps erased what was erased since, and says whose copies are back', async () => {
    const to = emptyFolder();
    await restoreBackup({ from: backup, to });
    await withStores(to, (stack) =>
      sql(
        stack,
        'keys_of_persons',
        `update subject_keys set sealed_key = null, destroyed_at = now() where subject = 'contract:erased-later';
         insert into subject_keys (subject, destroyed_at) values ('contract:signed-later', now())`,
      ),
    );
    const restored = await restoreBackup({ from: backup, to, replace: true });
    expect(restored.eraseAgain.toSorted()).toEqual(['contract:erased-later', 'contract:signed-later']);
    expect(readdirSync(restored.replaced!).toSorted()).toEqual(['event-store', 'postgres', 'redis']);
    const left = await withStores(to, (stack) => sql(stack, 'keys_of_persons', erasedKeys));
    expect(left).toEqual([
      { subject: 'contract:erased-before', gone: true },
      { subject: 'contract:erased-later', gone: true },
      { subject: 'contract:signed-later', gone: true },
      { subject: 'contract:stays', gone: false },
    ]);
  });

  it('takes the subjects that were erased from a file, on a new machine', async () => {
    const to = join(temporaryFolder(), 'data');
    const erased = join(temporaryFolder(), 'erased');
    writeFileSync(erased, 'Sato\n');
    const secrets = join(source, 'secrets.json');
    const asked = { from: backup, to, secrets, erased };
    await expect(restoreBackup(asked)).rejects.toThrow('"Sato" in');
    writeFileSync(erased, 'contract:erased-later\n\ncontract:erased-before\n');
    expect((await restoreBackup(asked)).eraseAgain).toEqual(['contract:erased-later']);
    const left = await withStores(to, (stack) => sql(stack, 'keys_of_persons', erasedKeys));
    expect(left.filter((each) => (each as { gone: boolean }).gone)).toHaveLength(2);
  });

  it('leaves the old data when it is killed before it has all that it needs', async () => {
    const to = emptyFolder();
    await restoreBackup({ from: backup, to });
    await withStores(to, (stack) => sql(stack, 'contract', 'create table marked ()'));
    const args = ['--from', backup, '--to', to, '--replace'];
    const child = spawn(process.execPath, [compiled('scripts/restore.js'), ...args], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventually(() => expect(existsSync(join(to, 'restoring', 'postgres', 'PG_VERSION'))).toBe(true));
    child.kill('SIGKILL');
    await exited;
    const [found] = await withStores(to, (stack) => sql(stack, 'contract', `select to_regclass('marked') as marked`));
    expect(found).toEqual({ marked: 'marked' });
  });

  it('that was killed while parts moved keeps everything from starting until it is run again', async () => {
    const to = emptyFolder();
    await restoreBackup({ from: backup, to });
    // What stands there when the process dies between two moves.
    const erased = [{ subject: 'contract:erased-later', destroyedAt: new Date().toISOString() }];
    writeRestoreMark(to, { from: backup, erased });
    mkdirSync(join(to, 'restoring'));
    renameSync(join(to, 'postgres'), join(to, 'restoring', 'postgres'));
    const refusal = `A restore into ${to} was broken off, so what stands there does not fit together: run it again (npm run restore -- --from ${backup} --to ${to} --replace).`;
    await expect(startStores(to)).rejects.toThrow(refusal);
    await expect(takeBackup({ dataDir: to, to: join(to, 'backup') })).rejects.toThrow(refusal);
    const restored = await restoreBackup({ from: backup, to, replace: true });
    expect(restored.eraseAgain).toEqual(['contract:erased-later']);
    await withStores(to, async (stack) => expect(await idsInLog(stack)).toHaveLength(manifest.log.events));
  });
});

describe('the commands', () => {
  it.each([
    ['backup', [], 'npm run backup -- --to DIR'],
    ['backup', ['--to', 'x', '--bogus'], "Unknown option '--bogus'"],
    ['restore', [], 'npm run restore -- --from DIR'],
    ['restore', ['--from', '/nowhere'], '/nowhere is no complete backup'],
  ])('%s %j says what to do', async (name, args, said) => {
    const child = spawn(process.execPath, [compiled(`scripts/${name}.js`), ...args]);
    const [complaints, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>]);
    expect(complaints).toContain(said);
    expect(complaints).not.toContain('    at ');
    expect(code).toBe(1);
  });
});
