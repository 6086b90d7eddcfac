import { Controller, Logger, Module } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule, getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { aggregate } from './context-runtime.js';
import type { RecordedEvent } from './event.js';
import { EventSourcingModule, consumerStatuses, startPolicies } from './event-sourcing.module.js';
import { EventStore } from './event-store.js';
import { freshId, stableId } from './ids.js';
import { Policy, PolicyContext, streamOf } from './policy.js';
import {
  AccountBalance,
  type AccountEvents,
  CloseAccount,
  OpenAccount,
  PayIn,
  accountBalance,
  accountDecider,
  accountSchemas,
} from './spec-account.js';

type Opened = RecordedEvent<{ type: 'account.opened'; data: AccountEvents['account.opened'] }>;

/** What the outside does to the policy in a spec. */
const outside = { failures: 0, seen: new Array<string>() };

/** Every new account gets a bonus on a second account of the same owner; `No bonus` has none open. */
@Controller()
class BonusPolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('bank/bonus', { on: ['account.opened'], key: streamOf, startFrom: 'beginning' })
  async payBonus(@Payload() { data }: Opened, @Ctx() context: PolicyContext): Promise<void> {
    if (data.owner === 'Bonus') return;
    outside.seen.push(data.owner);
    if (outside.failures-- > 0) throw new Error('Something outside is away.');
    const bonus = stableId('bonus', data.owner);
    if (data.owner !== 'No bonus') {
      await this.commands.execute(new OpenAccount(bonus, { owner: 'Bonus' }, context.command(`open ${bonus}`)));
    }
    await this.commands.execute(new PayIn(bonus, { amount: 100 }, context.command(bonus)));
  }
}

@Module({
  imports: [
    EventSourcingModule.forContext({
      context: 'bank',
      aggregates: [aggregate(accountDecider, [OpenAccount, PayIn, CloseAccount])],
      projections: [accountBalance],
    }),
  ],
  controllers: [BonusPolicy],
})
class BankModule {}

let server: EventStoreServer;
let database: TestDatabase;
let app: NestFastifyApplication;

beforeAll(async () => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  outside.failures = 0;
  outside.seen.length = 0;
  server = await startEventStoreServer();
  database = await createTestDatabase('kernel');
  app = await start();
});

afterEach(async () => {
  await app.close();
  await server.stop();
  await database.drop();
});

afterAll(() => Logger.overrideLogger(new Logger()));

async function start(): Promise<NestFastifyApplication> {
  const testing = await Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({ name: 'bank', type: 'postgres', url: database.url, entities: [AccountBalance] }),
      EventSourcingModule.forRoot({ eventStoreUrl: server.url, schemas: accountSchemas }),
      BankModule,
    ],
  }).compile();
  const started = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await started.init();
  await startPolicies(started);
  return started;
}

async function open(owner: string): Promise<void> {
  await app.get(CommandBus).execute(new OpenAccount(freshId(), { owner }, testContext({ commandId: freshId() })));
}

async function bonusOf(owner: string): Promise<RecordedEvent[]> {
  const events = [];
  for await (const event of app.get(EventStore).readStream(`account-${stableId('bonus', owner)}`)) events.push(event);
  return events;
}

describe('a policy', () => {
  it('answers events with commands that name their cause', async () => {
    await open('Sato');
    const [opened, paid] = await eventually(async () => {
      const events = await bonusOf('Sato');
      expect(events).toHaveLength(2);
      return events;
    });
    expect(opened?.metadata).toMatchObject({
      actor: { id: 'policy:bank/bonus', role: 'SERVICE' },
      correlationId: 'spec',
      source: { revision: 0 },
    });
    expect(opened?.metadata.causationId).toBe(paid?.metadata.causationId);
  });

  it('tries again while something outside is away', async () => {
    outside.failures = 3;
    await open('Sato');
    await open('Suzuki');
    await eventually(async () => {
      expect(await bonusOf('Sato')).toHaveLength(2);
      expect(await bonusOf('Suzuki')).toHaveLength(2);
    });
    expect(outside.seen.length).toBeGreaterThanOrEqual(5);
  });

  it('records a refused command and goes on', async () => {
    await open('No bonus');
    await open('Sato');
    await eventually(async () => expect(await bonusOf('Sato')).toHaveLength(2));

    const database = app.get<DataSource>(getDataSourceToken('bank'));
    await eventually(async () => {
      const refusals = await database.query<{ policy: string; code: string }[]>(
        'select policy, code from policy_refusals',
      );
      expect(refusals).toEqual([{ policy: 'bank/bonus', code: 'account_not_found' }]);
    });
  });

  it('that gets an event a second time has no second effect', async () => {
    await open('Sato');
    await eventually(async () => expect(await bonusOf('Sato')).toHaveLength(2));
    await app.close();
    const connection = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    await connection.query('update consumer_checkpoints set position = -1');
    await connection.destroy();
    outside.seen.length = 0;
    app = await start();
    await open('Suzuki');
    await eventually(async () => expect(await bonusOf('Suzuki')).toHaveLength(2));

    expect(outside.seen).toEqual(['Sato', 'Suzuki']);
    expect(await bonusOf('Sato')).toHaveLength(2);
  });

  it('goes on where it was after a restart of everything but the log', async () => {
    await open('Sato');
    await eventually(async () => expect(await bonusOf('Sato')).toHaveLength(2));
    await app.close();
    outside.seen.length = 0;
    app = await start();
    await open('Suzuki');
    await eventually(async () => expect(await bonusOf('Suzuki')).toHaveLength(2));
    expect(outside.seen).toEqual(['Suzuki']);
  });

  it('says what it is doing', async () => {
    await open('Sato');
    await eventually(() =>
      expect(consumerStatuses(app)).toEqual([
        expect.objectContaining({ name: 'account_balance_v1', kind: 'projection', state: 'running' }),
        expect.objectContaining({ name: 'bank/bonus', kind: 'policy', state: 'running' }),
      ]),
    );
  });
});
