/** What a process tells about how far its projections and policies are behind the log. */
import { Controller, Module } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Payload } from '@nestjs/microservices';
import { Client } from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { contextDatabase } from '#libs/database/src/context-database.js';
import type { ConsumerReport } from '#libs/event-sourcing/src/consumer.js';
import { aggregate } from '#libs/event-sourcing/src/context-runtime.js';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventSourcingModule } from '#libs/event-sourcing/src/event-sourcing.module.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { Policy, streamOf } from '#libs/event-sourcing/src/policy.js';
import { projection } from '#libs/event-sourcing/src/projection.js';
import { Reserve, reservationDecider, reservationTarget } from '#libs/event-sourcing/src/reservation.js';
import type { ReservationEvents } from '#libs/events/src/reservation.js';
import type { Readiness } from '#libs/http/src/health.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';

@Entity({ name: 'taken_list', synchronize: false })
class TakenRow {
  @PrimaryColumn('text') key: string;
  @Column('text') owner: string;
}

const takenList = projection<TakenRow, ReservationEvents>({
  name: 'taken_list',
  version: 1,
  entity: TakenRow,
  on: {
    'reservation.made': {
      keys: ({ data }) => [data.key],
      evolve: (_row, { data }) => ({ key: data.key, owner: data.owner }),
    },
  },
});

let held: Promise<void> = Promise.resolve();

@Controller()
class NotePolicy {
  @Policy('desk/note', { on: ['reservation.made'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() _event: RecordedEvent): Promise<void> {
    await held;
  }
}

@Module({
  imports: [
    contextDatabase({ context: 'desk', entities: [TakenRow] }),
    EventSourcingModule.forContext({
      context: 'desk',
      aggregates: [aggregate(reservationDecider, [Reserve])],
      projections: [takenList],
    }),
  ],
  controllers: [NotePolicy],
})
class DeskModule {}

let app: TestApp;
let sql: Client;

beforeAll(async () => {
  app = await startTestApp({ modules: [DeskModule], contexts: ['desk'] });
  sql = new Client(app.databaseUrls.get('desk'));
  await sql.connect();
}, 60_000);

afterAll(async () => {
  await sql?.end();
  await app?.close();
});

async function reserve(count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const key = freshId();
    const data = { scope: 'desk', key, owner: 'spec', expiresAt: '2026-01-05T09:10:00.000Z' };
    const context = testContext({ commandId: freshId(), occurredAt: new Date(Date.now() - 60_000).toISOString() });
    await app.app.get(CommandBus).execute(new Reserve(reservationTarget('desk', key), data, context));
  }
}

/** A gauge of one consumer as Prometheus reads it. */
async function gauge(name: string, consumer: string): Promise<number> {
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  const line = metrics.split('\n').find((each) => each.startsWith(`${name}{`) && each.includes(`="${consumer}"`));
  if (line === undefined) throw new Error(`There is no ${name} of ${consumer}.`);
  return Number(line.split(' ').at(-1));
}

async function shown(consumer: string): Promise<ConsumerReport | undefined> {
  const { body } = await app.request<Readiness>('/ready');
  const { consumers } = body.checks['consumers']!.detail as { consumers: readonly ConsumerReport[] };
  return consumers.find(({ name }) => name === consumer);
}

async function caughtUp(consumer: string): Promise<void> {
  await eventually(async () => {
    expect(await gauge('consumer_lag_events', consumer)).toBe(0);
    expect(await gauge('consumer_lag_seconds', consumer)).toBe(0);
  });
  expect(await shown(consumer)).toMatchObject({ state: 'running', lagEvents: 0, lagSeconds: 0 });
}

it('shows a projection that falls behind, and one that has caught up', async () => {
  await reserve(1);
  await caughtUp('taken_list_v1');
  // Whoever holds the checkpoint keeps the projection from going on.
  await sql.query('begin');
  await sql.query('select from consumer_checkpoints where live for update');
  await reserve(2);
  await eventually(async () => expect(await gauge('consumer_lag_events', 'taken_list_v1')).toBe(2));
  await reserve(3);
  await eventually(async () => expect(await gauge('consumer_lag_events', 'taken_list_v1')).toBe(5));
  expect(await gauge('consumer_lag_seconds', 'taken_list_v1')).toBeGreaterThan(59);
  expect(await shown('taken_list_v1')).toMatchObject({ lagEvents: 5 });
  await sql.query('rollback');
  await caughtUp('taken_list_v1');
});

it('shows a policy that falls behind, and one that has caught up', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  held = promise;
  onTestFinished(() => resolve());
  await reserve(4);
  await eventually(async () => expect(await gauge('consumer_lag_events', 'desk/note')).toBe(4));
  expect(await gauge('consumer_lag_seconds', 'desk/note')).toBeGreaterThan(59);
  expect(await gauge('policy_oldest_unhandled_event_seconds', 'desk/note')).toBeGreaterThan(59);
  resolve();
  await caughtUp('desk/note');
});
