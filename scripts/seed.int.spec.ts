import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AssignCustomer, DeleteCustomer } from '#apps/customer/src/domain/customer-commands.js';
import { customerDecider } from '#apps/customer/src/domain/customer.decider.js';
import { MailHash } from '#apps/identity/src/mail-hash.js';
import { CredentialTables1763769600000 } from '#apps/identity/src/migrations/1763769600000-credential-tables.js';
import { Passwords } from '#apps/identity/src/passwords.js';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { Reserve, reservationDecider, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { compiled } from '#libs/local-stack/src/files.js';
import { createTestDatabase, type TestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { contextOf } from './seed/context.js';
import { customerIdOf, storyOf } from './seed/story.js';
import { teamOf } from './seed/team.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let server: EventStoreServer;
let keys: TestDatabase;
let identity: TestDatabase;
let stores: Record<string, string>;

beforeAll(async () => {
  [server, keys, identity] = await Promise.all([
    startEventStoreServer(),
    createTestDatabase('personal_keys'),
    createTestDatabase('seed_identity'),
  ]);
  const { url } = identity;
  const database = new DataSource({ type: 'postgres', url, migrations: [CredentialTables1763769600000] });
  await database.initialize();
  await database.runMigrations();
  await database.destroy();
  stores = {
    EVENTSTORE_URL: server.url,
    PERSONAL_KEYS_DATABASE_URL: keys.url,
    IDENTITY_DATABASE_URL: url,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
});

afterAll(async () => {
  await server.stop();
  await Promise.all([keys.drop(), identity.drop()]);
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
  expect(first.stderr).toContain('7 of the users got their password from this run');
  const result = JSON.parse(first.stdout) as Record<string, number>;
  expect(result).toMatchObject({ customers: 60, users: 7, seed: 1, until: '2026-11-22' });
  expect(result['added']).toBe(result['events']);

  const store = EventStore.connect(server.url);
  const log = (await store.readLog(undefined, 2_000)).flatMap(({ event }) => event ?? []);
  // The users' addresses are reserved besides.
  expect(log).toHaveLength(result['events']! + 7);
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

  const password = /password (\w{24}), which is shown only once/.exec(first.stderr)?.[1];
  expect(first.stdout).not.toContain(password);
  await expectSignIns(password!, 7);
});

it('makes users who sign in with the password that was given, and says nothing of it', async () => {
  const password = 'correct horse battery';
  const args = ['--customers', '1', '--seed', '2', '--password', password, '--json'];
  const { stdout, stderr } = await seed(args, stores);
  expect(JSON.parse(stdout)).toMatchObject({ users: 7 });
  expect(stdout + stderr).not.toContain(password);
  await expectSignIns(password, 7);
  const again = await seed([...args.slice(0, 4), '--json'], stores);
  expect(again.stderr).toContain('0 of the users got their password from this run');
  await expectSignIns(password, 7);
});

async function expectSignIns(password: string, users: number): Promise<void> {
  const client = new Client(identity.url);
  await client.connect();
  const { rows } = await client.query<{ password_hash: string }>('select password_hash from credentials');
  await client.end();
  const passwords = await Passwords.create();
  const fitting = await Promise.all(rows.map(({ password_hash: hash }) => passwords.matches(password, hash)));
  expect(fitting.filter((fits) => fits)).toHaveLength(users);
}

it('leaves an address to whoever has it', async () => {
  const options = { customers: 1, seed: 3, until: '2026-11-22' };
  const { email } = teamOf(options).commands[0]!.data;
  const [scope, key] = ['sign-in-mail', new MailHash(Buffer.from(stores['ENCRYPTION_KEY']!, 'base64')).of(email)];
  const reserved = { scope, key, owner: 'somebody', expiresAt: '2999-01-01T00:00:00Z' };
  const context = contextOf(3, { id: 'somebody', role: 'ADMIN' }, new Date().toISOString(), 'somebody else');
  const store = EventStore.connect(server.url);
  const mails = new CommandHandler(reservationDecider, store, new EventSchemas(eventCatalogue));
  await mails.execute(new Reserve(reservationTarget(scope, key), reserved, context));
  await store.close();
  expect(await seed(['--customers', '1', '--seed', '3'], stores)).toMatchObject({
    code: 1,
    stderr: `Somebody else has ${email} already: make another data set with --seed S.\n`,
  });
});

it('goes on with one that was broken off, and leaves what people changed meanwhile', async () => {
  const options = { customers: 40, seed: 9, until: '2026-11-22' };
  const args = ['--customers', '40', '--seed', '9', '--until', '2026-11-22', '--json'];
  await seed([...args, '--customers-only'], stores);
  const team = teamOf(options);
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const number = numbers.find((each) => storyOf(options, team, each).then.length > 2);
  const gone = customerIdOf(9, number!);
  // The end of their story is still to come.
  const leaving = numbers.find((each) => storyOf(options, team, each).last.length > 0);
  const kept = customerIdOf(9, leaving!);
  const store = EventStore.connect(server.url);
  const handler = new CommandHandler(customerDecider, store, new EventSchemas(eventCatalogue));
  // Without an address, which would have to be sealed.
  const context = contextOf(9, { id: 'somebody', role: 'MANAGER' }, '2026-11-21T00:00:00Z', 'meanwhile');
  await handler.execute(new DeleteCustomer(gone, {}, context));
  await handler.execute(new AssignCustomer(kept, { salesId: null, cause: 'requested' }, context));

  const { code, stdout, stderr } = await seed(args, stores);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('commands were left out: people had') });
  expect((JSON.parse(stdout) as { leftOut: number }).leftOut).toBeGreaterThan(2);
  const log = (await store.readLog(undefined, 4_000)).flatMap(({ event }) => event ?? []);
  const theirs = log.filter(({ data }) => (data as { customerId?: string }).customerId === gone);
  expect(theirs.map(({ stream }) => stream)).toEqual(theirs.map(() => `customer-${gone}`));
  const ofKept = log.filter(({ stream }) => stream === `customer-${kept}`).map(({ type }) => type);
  expect(ofKept).toEqual(['customer.created', 'customer.assigned', 'customer.assigned']);
  await store.close();
});

it.each([
  [[], 'Say how many customers there shall be.'],
  [['--customers', '1', '--password', 'short'], '--password takes 12 to 1024 characters.'],
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

it('says what to do when identity has no tables yet', async () => {
  const { code, stderr } = await seed(['--customers', '1'], { ...stores, IDENTITY_DATABASE_URL: keys.url });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      `Identity's database can't be used (relation "credentials" does not exist). ` +
      'Start the stack with npm start, and run this again when it is up.\n',
  });
});
