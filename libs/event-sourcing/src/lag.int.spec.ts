import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import type { DomainEvent } from './event.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { LogTail } from './log-tail.js';
import type { Projection, ProjectionStep } from './projection.js';
import { type AccountBalance, accountBalance } from './spec-account.js';
import { openAccount, startRunner } from './spec-runner.js';

let server: EventStoreServer;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new Logger()));

beforeEach(async () => {
  server = await startEventStoreServer();
});

afterEach(() => server.stop());

describe('how far a reader of the log is behind', () => {
  let store: EventStore;
  let tail: LogTail;
  const never = new AbortController().signal;

  beforeEach(() => {
    store = EventStore.connect(server.url);
    tail = new LogTail(store);
  });

  afterEach(async () => {
    await tail.close();
    await store.close();
  });

  /** Appends events of which the first one is a minute old and the others half a minute; answers the last position. */
  async function append(count: number): Promise<bigint> {
    const events = Array.from({ length: count }, (_, index) => {
      const occurredAt = new Date(Date.now() - (index === 0 ? 60_000 : 30_000)).toISOString();
      return { id: freshId(), type: 'spec', data: {}, metadata: { ...testContext({ occurredAt }), schemaVersion: 1 } };
    });
    return (await store.append(`spec-${freshId()}`, events, -1)).position;
  }

  it('is exact near the end of the log', async () => {
    const start = await append(1);
    const cursor = tail.open(start, () => true);
    const end = await append(10);
    const batch = await cursor.take(4, never);
    await eventually(() => expect(tail.position).toBe(end));

    const lag = await cursor.lag(start);
    expect(lag.events).toBe(10);
    expect(lag.seconds).toBeGreaterThan(59);
    const half = await cursor.lag(batch!.position);
    expect(half.events).toBe(10 - batch!.events.length);
    expect(half.seconds).toBeLessThan(lag.seconds);
    expect(await cursor.lag(end)).toEqual({ events: 0, seconds: 0 });
  });

  it('grows for one that stands still far behind, and never says too much', async () => {
    const start = await append(1);
    const cursor = tail.open(start, () => true);
    let [end, written, before] = [await append(400), 400, 0];
    for (let round = 0; round < 20; round++) {
      while (cursor.position < end) cursor.advance((await cursor.take(500, never))!.position);
      const lag = await cursor.lag(start);
      expect(lag.events).toBeGreaterThanOrEqual(before);
      expect(lag.events).toBeLessThanOrEqual(written);
      expect(lag.seconds).toBeGreaterThan(59);
      before = lag.events;
      end = await append(400);
      written += 400;
    }
    expect(before).toBeGreaterThan(5_000);
  });

  it('is told by the store before the log is followed', async () => {
    const start = await append(1);
    const cursor = tail.open(start, () => true);
    expect(await cursor.lag(start)).toEqual({ events: 0, seconds: 0 });
    await append(3);
    const lag = await cursor.lag(start);
    expect(lag.events).toBe(1);
    expect(lag.seconds).toBeGreaterThan(59);
  });
});

describe('the report of a consumer', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase('kernel');
  });

  afterEach(() => database.drop());

  const start = (projected: Projection<AccountBalance>) =>
    startRunner({ database: database.url, eventStore: server.url, projected });

  it('shows a projection that stopped falling behind, until another process has gone on with it', async () => {
    const opened = accountBalance.steps.get('account.opened') as ProjectionStep<AccountBalance, DomainEvent>;
    const broken = await start({
      ...accountBalance,
      steps: new Map(accountBalance.steps).set('account.opened', {
        ...opened,
        evolve: () => {
          throw new Error('This projection is broken.');
        },
      }),
    });
    await eventually(async () => expect(await broken.loop.report()).toMatchObject({ state: 'running', lagEvents: 0 }));
    await openAccount(broken.store, 'Sato');
    await eventually(async () => expect(await broken.loop.report()).toMatchObject({ state: 'stopped', lagEvents: 1 }));
    await openAccount(broken.store, 'Suzuki');
    await eventually(async () => expect((await broken.loop.report()).lagEvents).toBe(2));
    expect((await broken.loop.report()).lagSeconds).toBeGreaterThan(0);

    const mended = await start(accountBalance);
    await eventually(async () => expect(await mended.loop.report()).toMatchObject({ lagEvents: 0, lagSeconds: 0 }));
    await eventually(async () => expect(await broken.loop.report()).toMatchObject({ state: 'stopped', lagEvents: 0 }));
    await mended.close();
    await broken.close();
  });

  it('holds no lag in standby: only the owner knows', async () => {
    const owner = await start(accountBalance);
    await eventually(() => expect(owner.loop.status.state).toBe('running'));
    const standby = await start(accountBalance);
    const { database: connection } = standby;
    await openAccount(owner.store, 'Sato');
    await eventually(async () => expect(await owner.balances()).toHaveLength(1));
    expect(await standby.loop.report()).not.toHaveProperty('lagEvents');
    expect(await standby.loop.report()).toMatchObject({ state: 'standby' });

    await owner.close();
    await eventually(async () => expect(await standby.loop.report()).toMatchObject({ state: 'running', lagEvents: 0 }));
    expect(connection.isInitialized).toBe(true);
    await standby.close();
  });
});
