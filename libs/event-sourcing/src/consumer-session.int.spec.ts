import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { ConsumerSession } from './consumer-session.js';

let testDatabase: TestDatabase;
let database: DataSource;
const sessions: ConsumerSession[] = [];
const never = new AbortController().signal;
const ignore = (): void => undefined;

beforeAll(async () => {
  Logger.overrideLogger(false);
  testDatabase = await createTestDatabase('kernel');
  database = await new DataSource({ type: 'postgres', url: testDatabase.url }).initialize();
});

afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));

afterAll(async () => {
  Logger.overrideLogger(new Logger());
  await database.destroy();
  await testDatabase.drop();
});

function session(): ConsumerSession {
  const made = new ConsumerSession(database);
  sessions.push(made);
  return made;
}

describe('the session that owns consumers', () => {
  it('gives each name to one process, and hands it over when that one lets go', async () => {
    const [first, second] = [session(), session()];
    const owner = await first.own('a', never, ignore);
    const order: string[] = [];
    const taken = Promise.withResolvers<void>();
    const waiting = second.own('a', never, taken.resolve).then((ownership) => {
      order.push('granted');
      return ownership;
    });
    await taken.promise;
    expect(await second.own('b', never, ignore)).toBeDefined();
    order.push('released');
    await owner!.release();
    expect((await waiting)!.lost.aborted).toBe(false);
    expect(order).toEqual(['released', 'granted']);
  });

  it('does not give a name twice within one process', async () => {
    const only = session();
    const owner = await only.own('a', never, ignore);
    const stop = new AbortController();
    const waiting = only.own('a', stop.signal, ignore);
    expect(await only.own('b', never, ignore)).toBeDefined();
    stop.abort();
    expect(await waiting).toBeUndefined();
    await owner!.release();
    expect(await only.own('a', never, ignore)).toBeDefined();
  });

  it('says when it lost what it owned, and gets it back', async () => {
    const only = session();
    const owner = await only.own('a', never, ignore);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'keiyaku consumers' and datname = current_database()`,
    );
    await eventually(() => expect(owner!.lost.aborted).toBe(true));
    const again = await only.own('a', never, ignore);
    expect(again!.lost.aborted).toBe(false);
  });
});
