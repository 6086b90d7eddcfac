import { type KeyObject, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { isInfrastructureError } from '#libs/event-sourcing/src/infrastructure-error.js';
import { SealBroken } from '#libs/secrets/src/secret-box.js';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { PostgresSubjectKeys } from './postgres-subject-keys.js';
import { type SubjectKey, SubjectKeysUnavailable } from './subject-keys.js';

const encryptionKey = randomBytes(32);
let database: TestDatabase;
let sql: Client;
/** As two processes have them. */
let first: PostgresSubjectKeys;
let second: PostgresSubjectKeys;

beforeAll(async () => {
  database = await createTestDatabase('personal_keys');
  [first, second] = await Promise.all([connect(), connect()]);
  sql = new Client(database.url);
  await sql.connect();
});

afterAll(async () => {
  await Promise.all([first.close(), second.close(), sql.end()]);
  await database.drop();
});

const connect = (): Promise<PostgresSubjectKeys> => PostgresSubjectKeys.connect(database.url, encryptionKey);

function bytes(key: SubjectKey | undefined): string {
  return (key as KeyObject).export().toString('hex');
}

async function rowOf(subject: string) {
  const { rows } = await sql.query<{ sealed_key: string | null; destroyed: boolean }>(
    'select sealed_key, destroyed_at is not null as destroyed from subject_keys where subject = $1',
    [subject],
  );
  return rows;
}

it('gives a subject one key for good, and no two subjects the same', async () => {
  const [a, b] = [`user:${freshId()}`, `user:${freshId()}`];
  expect((await first.find([a, b])).size).toBe(0);
  const made = await first.obtain([a, b]);
  expect(bytes(made.get(a))).toHaveLength(64);
  expect(bytes(made.get(a))).not.toBe(bytes(made.get(b)));
  expect(bytes((await second.obtain([a])).get(a))).toBe(bytes(made.get(a)));
  expect(bytes((await second.find([a, b])).get(b))).toBe(bytes(made.get(b)));
});

it('two processes that make keys of the same subjects at once agree', async () => {
  for (let round = 0; round < 30; round++) {
    const subjects = Array.from({ length: 12 }, () => `contract:${freshId()}`);
    const answers = await Promise.all([
      first.obtain(subjects.toSorted()),
      second.obtain(subjects.toSorted()),
      first.obtain(subjects.slice(4).toSorted()),
      second.obtain(subjects.slice(0, 8).toSorted()),
    ]);
    for (const subject of subjects) {
      const keys = answers.flatMap((answer) => (answer.has(subject) ? [bytes(answer.get(subject))] : []));
      expect(keys.length).toBeGreaterThan(1);
      expect(new Set(keys).size).toBe(1);
    }
  }
});

it('destroys a key for good and leaves a tombstone, also where no key was', async () => {
  const [known, unknown] = [`user:${freshId()}`, `user:${freshId()}`];
  await first.obtain([known]);
  for (const subject of [known, known, unknown]) await first.destroy(subject);
  for (const keys of [await second.find([known, unknown]), await second.obtain([known, unknown])]) {
    expect([keys.get(known), keys.get(unknown)]).toEqual(['destroyed', 'destroyed']);
  }
  expect(await rowOf(known)).toEqual([{ sealed_key: null, destroyed: true }]);
  expect(await rowOf(unknown)).toEqual([{ sealed_key: null, destroyed: true }]);
});

it('keeps a key that is being made while it is destroyed from coming back', async () => {
  const subjects = Array.from({ length: 40 }, () => `user:${freshId()}`);
  await Promise.all(subjects.map((subject) => Promise.all([first.obtain([subject]), second.destroy(subject)])));
  const keys = await first.obtain(subjects);
  expect(subjects.map((subject) => keys.get(subject))).toEqual(subjects.map(() => 'destroyed'));
});

it('keeps no key in the clear', async () => {
  const subject = `user:${freshId()}`;
  const key = (await first.obtain([subject])).get(subject) as KeyObject;
  const [row] = await rowOf(subject);
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    expect(row?.sealed_key).not.toContain(key.export().toString(encoding).slice(0, 40));
  }
});

it('does not start with another ENCRYPTION_KEY than the keys were sealed with', async () => {
  await first.obtain([`user:${freshId()}`]);
  await expect(PostgresSubjectKeys.connect(database.url, randomBytes(32))).rejects.toThrow(SealBroken);
});

it('is an outage when the database is away, which says that nothing was changed', async () => {
  const other = await createTestDatabase('personal_keys');
  const keys = await PostgresSubjectKeys.connect(other.url, encryptionKey);
  await other.drop();
  const attempts = [
    () => keys.obtain(['user:1']),
    () => keys.find(['user:1']),
    () => keys.destroy('user:1'),
    () => keys.ping(),
  ];
  for (const attempt of attempts) {
    const error: unknown = await attempt().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SubjectKeysUnavailable);
    expect(isInfrastructureError(error)).toBe(true);
  }
  await keys.close();
});
