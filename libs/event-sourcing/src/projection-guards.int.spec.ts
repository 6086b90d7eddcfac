import { Logger } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { ProjectionChanged } from './errors.js';
import { EventSchemas } from './event-schemas.js';
import { projection } from './projection.js';
import { type AccountEvents, accountBalance, accountSchemas } from './spec-account.js';
import { type SpecRunner, openAccount, startRunner } from './spec-runner.js';

let server: EventStoreServer;
let testDatabase: TestDatabase;
const runners: SpecRunner[] = [];

async function start(options: Partial<Parameters<typeof startRunner>[0]> = {}): Promise<SpecRunner> {
  const { url } = testDatabase;
  const runner = await startRunner({ database: url, eventStore: server.url, projected: accountBalance, ...options });
  runners.push(runner);
  return runner;
}

beforeAll(() => Logger.overrideLogger(false));

beforeEach(async () => {
  server = await startEventStoreServer();
  testDatabase = await createTestDatabase('kernel');
});

afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.close();
  await server.stop();
  await testDatabase.drop();
});

afterAll(() => Logger.overrideLogger(new Logger()));

const opened = accountBalance.steps.get('account.opened')!;

describe('a projection that changed without a new version', () => {
  it('does not start when it reads other event types', async () => {
    await start();
    const fewer = { ...accountBalance, steps: new Map([['account.opened', opened]]) };
    await expect(start({ projected: fewer })).rejects.toThrow(
      new ProjectionChanged('account_balance', 1, 'reads account.closed no more, reads account.paid_in no more'),
    );
    const more = { ...accountBalance, steps: new Map([...accountBalance.steps, ['account.frozen', opened]]) };
    await expect(start({ projected: more })).rejects.toThrow(
      'The projection account_balance reads account.frozen now and is still version 1. Set its version to 2.',
    );
  });

  it('does not start when its entity has other columns', async () => {
    await start();
    await expect(start({ projected: changedColumns(1) })).rejects.toThrow(
      'The projection account_balance has other columns (balance, note) and is still version 1. Set its version to 2.',
    );
  });
});

@Entity({ name: 'account_balance', synchronize: false })
class ChangedBalance {
  @PrimaryColumn('text') accountId: string;
  @Column('text') owner: string;
  @Column('integer') balance: number;
  @Column({ type: 'jsonb' }) payments: readonly number[];
  @Column({ type: 'timestamptz', nullable: true }) lastPaidInAt: Date | null;
  @Column({ type: 'text', nullable: true }) note: string | null;
}

function changedColumns(version: number) {
  const unused = { keys: () => [], evolve: () => undefined };
  return projection<ChangedBalance, AccountEvents>({
    name: 'account_balance',
    version,
    entity: ChangedBalance,
    on: { 'account.opened': unused, 'account.paid_in': unused, 'account.closed': unused },
  });
}

describe('a log that does not belong to the read model', () => {
  it('stops the projection when it is another log', async () => {
    const runner = await start();
    const account = await openAccount(runner.store, 'Sato');
    await eventually(() => runner.balanceOf(account));
    await runner.close();
    const other = await startEventStoreServer();
    const again = await start({ eventStore: other.url });
    await openAccount(again.store, 'Somebody else');

    await eventually(() => expect(again.loop.status).toMatchObject({ state: 'stopped' }));
    expect(again.loop.status.problem).toMatch(/another log .* restore or rebuild/);
    expect(await again.balances()).toMatchObject([{ owner: 'Sato' }]);
    await again.close();
    await other.stop();
  });

  it('stops the projection when it ends before the checkpoint, as after a restored backup', async () => {
    const runner = await start();
    const account = await openAccount(runner.store, 'Sato');
    await eventually(() => runner.balanceOf(account));
    await runner.loop.stop();
    await runner.database.query('update consumer_checkpoints set position = position + 1000000');
    await runner.close();
    const again = await start();

    await eventually(() => expect(again.loop.status).toMatchObject({ state: 'stopped' }));
    expect(again.loop.status.problem).toMatch(
      /The log ends at \d+, before the checkpoint \d+ of account_balance_v1_g1/,
    );
  });

  it('is noticed by a process that runs while the store comes back with another log', async () => {
    const runner = await start();
    const account = await openAccount(runner.store, 'Sato');
    await eventually(() => runner.balanceOf(account));
    await server.kill('SIGKILL');
    server = await startEventStoreServer({ port: server.port });

    await eventually(() => expect(runner.loop.status).toMatchObject({ state: 'stopped' }));
    expect(runner.loop.status.problem).toMatch(/The event store holds another log now.*restore or rebuild/);
  });
});

describe('an event of a newer schema version', () => {
  const older = new EventSchemas({
    'account.opened': { version: 1 },
    'account.paid_in': { version: 1 },
    'account.closed': { version: 1 },
  });
  const paused = {
    state: 'paused',
    problem: expect.stringMatching(/schema version 2; this program knows up to 1. Deploy a newer one/) as unknown,
  };

  it('pauses the projection behind what it could read, and a newer program goes on by itself', async () => {
    const old = await start({ schemas: older });
    const before = await openAccount(old.store, 'Before', { schemaVersion: 1 });
    await eventually(() => old.balanceOf(before));
    const after = await openAccount(old.store, 'After', { schemaVersion: 2 });
    await eventually(() => expect(old.loop.status).toMatchObject(paused));

    const deployed = await start({ schemas: accountSchemas });
    await eventually(async () => expect(await deployed.balanceOf(after)).toMatchObject({ owner: 'After' }));
    await eventually(() => expect(old.loop.status).toMatchObject({ state: 'standby' }));
    expect(deployed.loop.status.state).toBe('running');
    expect(await deployed.balances()).toHaveLength(2);
  });
});
