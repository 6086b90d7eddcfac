import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { aggregate } from './context-runtime.js';
import type { RecordedEvent } from './event.js';
import { EventSchemas } from './event-schemas.js';
import { consumerStatuses } from './event-sourcing.module.js';
import { EventStore } from './event-store.js';
import { StateCache } from './state-cache.js';
import { freshId, stableId } from './ids.js';
import { ReplayParkedEvent, SkipParkedEvent, parkedEventDecider } from './parked-event.js';
import { Policy, PolicyContext, streamOf } from './policy.js';
import { type AccountEvents, OpenAccount, PayIn, accountSchemas } from './spec-account.js';
import { PolicyStores, openAccount, payIn, startPolicyApp } from './spec-policy-app.js';

type PaidIn = RecordedEvent<{ type: 'account.paid_in'; data: AccountEvents['account.paid_in'] }>;

/** Deliveries in their order, and amounts that can't be handled or meet a service that is away. */
let seen: number[];
const poison = new Set<number>();
const away = new Set<number>();
/** Savings accounts, whose own payments are of no concern. */
const saving = new Set<string>();
const savings = (account: string): string => stableId('savings', account);

/** What a newer program knows. */
const newerSchemas = new EventSchemas(
  Object.fromEntries(
    [
      'account.opened',
      'account.paid_in',
      'account.closed',
      'parked_event.replay_requested',
      'parked_event.skip_requested',
    ].map((type) => [type, { version: type === 'account.paid_in' ? 2 : accountSchemas.currentVersion(type) }]),
  ),
  { 'account.paid_in': { 1: (data) => data } },
);

/** Puts what is paid in on a savings account too. */
@Controller()
class SavePolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('bank/save', { on: ['account.paid_in'], key: streamOf, startFrom: 'beginning', tries: 2 })
  async handle(@Payload() { data }: PaidIn, @Ctx() context: PolicyContext): Promise<void> {
    const account = savings(data.accountId);
    if (saving.has(data.accountId)) return;
    seen.push(data.amount);
    if (away.has(data.amount)) await fetch('http://127.0.0.1:2/');
    if (poison.has(data.amount)) throw new RangeError(`No idea what to do with ${data.amount}, dear Hanako.`);
    await this.commands.execute(new OpenAccount(account, { owner: 'savings' }, context.command(`open ${account}`)));
    await this.commands.execute(new PayIn(account, { amount: data.amount }, context.command(account)));
  }
}

let stores: PolicyStores;
let app: NestFastifyApplication;

beforeEach(async () => {
  seen = [];
  poison.clear();
  away.clear();
  saving.clear();
  stores = await PolicyStores.start();
  app = await startPolicyApp(stores, [SavePolicy]);
});

afterEach(async () => {
  await app.close();
  await stores.stop();
});

async function account(...amounts: number[]): Promise<string> {
  const id = await openAccount(app, 'Sato');
  saving.add(savings(id));
  await payIn(app, id, amounts);
  return id;
}

async function savedAmounts(id: string): Promise<number[]> {
  const amounts = [];
  for await (const { type, data } of app.get(EventStore).readStream(`account-${savings(id)}`)) {
    if (type === 'account.paid_in') amounts.push((data as AccountEvents['account.paid_in']).amount);
  }
  return amounts;
}

interface ParkedRow {
  readonly id: string;
  readonly event_id: string;
  readonly revision: number;
  readonly state: string;
  readonly reason: string | null;
  readonly tries: number;
  readonly resolved_by: string | null;
}

const parkedRows = (): Promise<ParkedRow[]> =>
  stores.query<ParkedRow>('select * from policy_parked_events order by position');
const states = async (): Promise<string[]> => (await parkedRows()).map(({ state }) => state);

async function decide(Decision: typeof ReplayParkedEvent | typeof SkipParkedEvent, row: ParkedRow): Promise<void> {
  const { execute } = handler();
  const context = testContext({ commandId: freshId(), actor: { id: 'operator-1', role: 'OPERATOR' } });
  await execute(new Decision(row.id, { policy: 'bank/save', eventId: row.event_id }, context));
}

function handler(): { execute: (command: ReplayParkedEvent | SkipParkedEvent) => Promise<unknown> } {
  const made = aggregate(parkedEventDecider, [ReplayParkedEvent, SkipParkedEvent]).handler(
    app.get(EventStore),
    app.get(EventSchemas),
    app.get(StateCache),
  );
  return { execute: (command) => made.execute(command as never) };
}

async function restart(rewind = false): Promise<void> {
  await app.close();
  // A process that is killed has written less than it has done.
  if (rewind) await stores.query('update consumer_checkpoints set position = -1');
  app = await startPolicyApp(stores, [SavePolicy]);
}

describe('an event that a policy can not handle', () => {
  it('is parked after its tries; later ones of its key wait behind it, other keys go on', async () => {
    poison.add(13);
    const blocked = await account(1, 13, 2, 3);
    const free = await account(4, 5);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting', 'waiting']));
    await eventually(async () => expect(await savedAmounts(free)).toEqual([4, 5]));
    expect(await savedAmounts(blocked)).toEqual([1]);
    expect(seen.filter((amount) => amount === 13)).toHaveLength(2);
    const [parked] = await parkedRows();
    expect(parked).toMatchObject({ revision: 2, tries: 2 });
    expect(parked?.reason).toMatch(/^RangeError at SavePolicy\.handle \(libs\/event-sourcing\/src\/[\w./-]+:\d+\)$/);
    expect(consumerStatuses(app)).toEqual([expect.objectContaining({ name: 'bank/save', state: 'running' })]);
  });

  it('stays parked over restarts and repeated deliveries, and so do those behind it', async () => {
    poison.add(13);
    const blocked = await account(13, 2);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting']));
    poison.clear();
    await restart(true);
    await payIn(app, blocked, [3]);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting', 'waiting']));
    expect(await savedAmounts(blocked)).toEqual([]);
  });

  it('is replayed with those behind it, in order and once, and the key goes on', async () => {
    poison.add(13);
    const blocked = await account(13, 2, 3);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting', 'waiting']));
    const [parked] = await parkedRows();
    poison.clear();
    await decide(ReplayParkedEvent, parked!);
    await decide(ReplayParkedEvent, parked!);
    await payIn(app, blocked, [4]);
    await eventually(async () => expect(await savedAmounts(blocked)).toEqual([13, 2, 3, 4]));
    expect(await states()).toEqual(['replayed', 'replayed', 'replayed']);
    expect((await parkedRows()).map((row) => row.resolved_by)).toEqual(['operator-1', 'operator-1', 'operator-1']);

    await restart(true);
    await payIn(app, blocked, [5]);
    await eventually(async () => expect(await savedAmounts(blocked)).toEqual([13, 2, 3, 4, 5]));
  });

  it('that fails again in its replay is parked again, with those behind it', async () => {
    poison.add(13);
    const blocked = await account(13, 2);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting']));
    const [parked] = await parkedRows();
    await decide(ReplayParkedEvent, parked!);
    await eventually(async () => expect((await parkedRows())[0]).toMatchObject({ state: 'parked', tries: 4 }));
    expect(await states()).toEqual(['parked', 'waiting']);
    expect(await savedAmounts(blocked)).toEqual([]);
  });

  it('that waits behind another is parked in its turn when it fails too', async () => {
    poison.add(13).add(14);
    const blocked = await account(13, 2, 14, 3);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting', 'waiting', 'waiting']));
    poison.delete(13);
    await decide(ReplayParkedEvent, (await parkedRows())[0]!);
    await eventually(async () => expect(await states()).toEqual(['replayed', 'replayed', 'parked', 'waiting']));
    expect(await savedAmounts(blocked)).toEqual([13, 2]);
  });

  it('is skipped for good; those behind it are handled', async () => {
    poison.add(13);
    const blocked = await account(13, 2);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting']));
    const [parked] = await parkedRows();
    await decide(SkipParkedEvent, parked!);
    await eventually(async () => expect(await states()).toEqual(['skipped', 'replayed']));
    expect((await parkedRows())[0]?.resolved_by).toBe('operator-1');

    poison.clear();
    await restart(true);
    await payIn(app, blocked, [3]);
    await eventually(async () => expect(await savedAmounts(blocked)).toEqual([2, 3]));
  });

  it('goes on with what waits when a crash came in the middle of a replay', async () => {
    poison.add(13);
    const blocked = await account(13, 2, 3);
    await eventually(async () => expect(await states()).toEqual(['parked', 'waiting', 'waiting']));
    const [parked, , last] = await parkedRows();
    poison.clear();
    await decide(ReplayParkedEvent, parked!);
    await eventually(async () => expect(await savedAmounts(blocked)).toEqual([13, 2, 3]));
    // As if the process had died before it wrote the outcome of the last one.
    await eventually(async () => expect(await states()).toEqual(['replayed', 'replayed', 'replayed']));
    await app.close();
    await stores.query(`update policy_parked_events set state = 'waiting' where id = $1`, [last!.id]);
    await stores.query('update consumer_checkpoints set position = -1');
    app = await startPolicyApp(stores, [SavePolicy]);
    await eventually(async () => expect(await states()).toEqual(['replayed', 'replayed', 'replayed']));
    expect(await savedAmounts(blocked)).toEqual([13, 2, 3]);
  });

  it('is never parked because something outside is away', async () => {
    away.add(7);
    const waiting = await account(7, 8);
    await eventually(() => expect(seen.filter((amount) => amount === 7).length).toBeGreaterThan(4));
    expect(consumerStatuses(app)).toEqual([
      expect.objectContaining({ state: 'retrying', problem: expect.stringContaining('ECONNREFUSED') as string }),
    ]);
    expect(await states()).toEqual([]);
    away.clear();
    await eventually(async () => expect(await savedAmounts(waiting)).toEqual([7, 8]));
    expect(await states()).toEqual([]);
  });

  it('is not parked when a newer program wrote it: the policy pauses before it, and a newer program goes on', async () => {
    const blocked = await account(1);
    await eventually(async () => expect(await savedAmounts(blocked)).toEqual([1]));
    const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 2 };
    const paidIn = { id: freshId(), type: 'account.paid_in', data: { accountId: blocked, amount: 2 }, metadata };
    await app.get(EventStore).append(`account-${blocked}`, [paidIn], 1);
    const free = await openAccount(app, 'Suzuki');
    await eventually(() =>
      expect(consumerStatuses(app)).toEqual([
        expect.objectContaining({
          state: 'paused',
          problem: expect.stringMatching(/schema version 2; this program knows up to 1. Deploy a newer one/) as string,
        }),
      ]),
    );
    expect(await states()).toEqual([]);

    await app.close();
    app = await startPolicyApp(stores, [SavePolicy], [], newerSchemas);
    await eventually(async () => expect(await savedAmounts(blocked)).toEqual([1, 2]));
    saving.add(savings(free));
    await payIn(app, free, [3]);
    await eventually(async () => expect(await savedAmounts(free)).toEqual([3]));
    expect(await states()).toEqual([]);
  });

  it('costs no memory: a hundred thousand of them stand in the table only', async () => {
    await app.close();
    await stores.query(
      `insert into policy_parked_events
         (id, policy, event_id, event_type, stream, revision, position, key, state, tries, occurred_at)
       select gen_random_uuid(), 'bank/save', gen_random_uuid(), 'account.paid_in', 'account-' || n, 0, -n,
         'account-' || n, 'parked', 2, now() from generate_series(1, 100000) n`,
    );
    app = await startPolicyApp(stores, [SavePolicy]);
    const free = await account(4, 5);
    await eventually(async () => expect(await savedAmounts(free)).toEqual([4, 5]));
  });
});
