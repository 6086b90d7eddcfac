import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { getDataSourceToken } from '@nestjs/typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import type { Command, Committed } from './command.js';
import { CommandHandler } from './command-handler.js';
import { consumerStatuses } from './event-sourcing.module.js';
import { EventSchemas } from './event-schemas.js';
import { EventStore } from './event-store.js';
import type { RecordedEvent } from './event.js';
import { FanOut } from './fan-out.js';
import { forgetFinishedFanOuts } from './fan-out-place.js';
import { freshId } from './ids.js';
import { ReplayParkedEvent, parkedEventDecider } from './parked-event.js';
import { Policy, PolicyContext, streamOf } from './policy.js';
import { type AccountEvents, CloseAccount, OpenAccount, PayIn, accountBalance } from './spec-account.js';
import { PolicyStores, openAccount, startPolicyApp } from './spec-policy-app.js';

const patience = { timeoutMs: 150_000 };

/** When an account is closed, every other account of its owner gets one more yen; `No bonus` wants none. */
@Controller()
class BonusPolicy {
  constructor(
    private readonly fanOut: FanOut,
    private readonly store: EventStore,
  ) {}

  @Policy('bank/bonus', { on: ['account.closed'], key: streamOf, startFrom: 'beginning', tries: 2 })
  async handle(@Payload() event: RecordedEvent, @Ctx() context: PolicyContext): Promise<void> {
    const owner = await this.ownerOf(event.stream);
    await this.fanOut.run(context, {
      over: accountBalance,
      where: { owner },
      command: ({ accountId }) =>
        owner === 'No bonus' ? undefined : new PayIn(accountId, { amount: 1 }, context.command(accountId)),
    });
  }

  private async ownerOf(stream: string): Promise<string> {
    for await (const { data } of this.store.readStream(stream)) return (data as AccountEvents['account.opened']).owner;
    throw new Error(`${stream} has no events.`);
  }
}

interface FanOutRow {
  readonly place: string | null;
  readonly sent: number;
  readonly refused: number;
  readonly finished_at: Date | null;
}

let stores: PolicyStores;
let apps: NestFastifyApplication[] = [];
/** Lets processes that died in the middle of something end after all. */
let letGo: (() => void)[] = [];

beforeEach(async () => {
  stores = await PolicyStores.start();
});

afterEach(async () => {
  for (const resolve of letGo) resolve();
  for (const app of apps) await app.close();
  [apps, letGo] = [[], []];
  await stores.stop();
});

/** Starts a process; `before` is called before each bonus that it pays in, with the number of those before. */
async function start(before: (command: Command, count: number) => Promise<void> | void = () => undefined) {
  const app = await startPolicyApp(stores, [BonusPolicy], [accountBalance]);
  apps.push(app);
  const bus = app.get(CommandBus);
  const execute = bus.execute.bind(bus);
  const process = { app, paid: 0 };
  bus.execute = (async (command: Command) => {
    if (command.context.actor.id === 'policy:bank/bonus') await before(command, process.paid++);
    return execute(command);
  }) as typeof bus.execute;
  return process;
}

const fanOuts = (): Promise<FanOutRow[]> =>
  stores.query<FanOutRow>('select * from policy_fan_outs order by started_at');

/** Closes an account of the owner, and with that begins the fan-out. */
async function beginFanOut(app: NestFastifyApplication, owner: string): Promise<Committed> {
  const closed = await openAccount(app, owner);
  return app.get(CommandBus).execute(new CloseAccount(closed, {}, testContext({ commandId: freshId() })));
}

/** Opens many accounts at once. */
async function openAccounts(app: NestFastifyApplication, owner: string, count: number): Promise<string[]> {
  const bus = app.get(CommandBus);
  const ids = Array.from({ length: count }, () => freshId());
  const left = [...ids];
  const open = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await bus.execute(new OpenAccount(id, { owner }, testContext({ commandId: freshId() })));
    }
  };
  await Promise.all(Array.from({ length: 12 }, open));
  return ids;
}

/** How often each account got its bonus. */
async function bonuses(store: EventStore): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { entries } of store.scan(-1n, await store.head(), 1_000)) {
    for (const { event } of entries) {
      if (event?.type !== 'account.paid_in') continue;
      const { accountId } = event.data as AccountEvents['account.paid_in'];
      found.set(accountId, (found.get(accountId) ?? 0) + 1);
    }
  }
  return found;
}

/** What kill -9 does to whoever runs the policy: no word more, and its locks are free. */
async function killOwner(): Promise<void> {
  await stores.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
     and ((classid::bigint << 32) | objid::bigint) = hashtextextended('keiyaku consumer bank/bonus', 0)`,
  );
}

it('reaches each of ten thousand targets once, though process after process dies in the middle', async () => {
  const diesAt = 2_500;
  const processes: Awaited<ReturnType<typeof start>>[] = [];
  const mortal = async (_command: Command, count: number): Promise<void> => {
    if (count < diesAt) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    letGo.push(resolve);
    if (count === diesAt) await killOwner();
    await promise;
    throw new Error('This process is dead.');
  };
  for (let number = 0; number < 3; number++) processes.push(await start(mortal));
  const { app } = processes[0]!;
  const targets = await openAccounts(app, 'Sato', 10_000);
  await beginFanOut(app, 'Sato');
  await eventually(() => expect(processes.map(({ paid }) => paid > diesAt)).toEqual([true, true, true]), patience);
  expect((await fanOuts())[0]).toMatchObject({ finished_at: null });
  processes.push(await start());

  await eventually(async () => expect(await fanOuts()).toMatchObject([{ finished_at: expect.any(Date) }]), patience);
  const paid = await bonuses(app.get(EventStore));
  expect(paid.size).toBe(10_000);
  expect(targets.filter((id) => paid.get(id) !== 1)).toEqual([]);
  expect(await fanOuts()).toMatchObject([{ sent: 10_000, refused: 0 }]);
  // Each of the three deaths costs a page at most: the work goes on where it stood.
  const tries = processes.reduce((sum, each) => sum + each.paid, 0);
  expect(tries).toBeLessThanOrEqual(10_000 + 3 * 208);
}, 300_000);

it('holds up no other key meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  letGo.push(resolve);
  const targets = new Set<string>();
  const { app } = await start((command) => (targets.has(command.target) ? promise : undefined));
  for (const id of await openAccounts(app, 'Sato', 20)) targets.add(id);
  const others = await openAccounts(app, 'Suzuki', 20);
  await beginFanOut(app, 'Sato');
  await eventually(async () => expect(await fanOuts()).toHaveLength(1));
  await beginFanOut(app, 'Suzuki');
  await eventually(async () => {
    expect(await fanOuts()).toMatchObject([{ finished_at: null }, { finished_at: expect.any(Date), sent: 20 }]);
  });
  const paid = await bonuses(app.get(EventStore));
  expect([...paid.keys()].toSorted()).toEqual(others.toSorted());

  resolve();
  await eventually(async () => expect((await bonuses(app.get(EventStore))).size).toBe(40));
});

it('records a target that refuses and goes on to the next', async () => {
  let gone = '';
  const { app } = await start(async (_command, count) => {
    // It is in the list still when its page is read.
    const context = testContext({ commandId: freshId() });
    if (count === 0) await app.get(CommandBus).execute(new CloseAccount(gone, {}, context));
  });
  const targets = (await openAccounts(app, 'Sato', 20)).toSorted();
  gone = targets.at(-1)!;
  await beginFanOut(app, 'Sato');
  await eventually(async () => expect((await fanOuts())[0]).toMatchObject({ sent: 20, refused: 1 }));
  expect(await stores.query('select policy, code, target from policy_refusals')).toEqual([
    { policy: 'bank/bonus', code: 'account_not_found', target: gone },
  ]);
  expect((await bonuses(app.get(EventStore))).size).toBe(19);
});

it('leaves nothing behind where there is nobody to reach', async () => {
  const { app } = await start();
  await openAccounts(app, 'No bonus', 20);
  await beginFanOut(app, 'No bonus');
  const { position } = await beginFanOut(app, 'Nobody else');
  await eventually(async () => expect(await stores.checkpoint('bank/bonus')).toBeGreaterThanOrEqual(Number(position)));
  expect(await fanOuts()).toEqual([]);
  expect(await bonuses(app.get(EventStore))).toEqual(new Map());
});

it('is forgotten three days after its end, unless its event is set aside', async () => {
  const { app } = await start();
  const [old, recent, begun, parked] = [freshId(), freshId(), freshId(), freshId()];
  const ends = { [old]: '73 hours', [recent]: '71 hours', [begun]: null, [parked]: '73 hours' };
  for (const [eventId, ago] of Object.entries(ends)) {
    await stores.query(
      `insert into policy_fan_outs (policy, event_id, read_model, finished_at)
       values ('bank/bonus', $1, 'account_balance', now() - $2::interval)`,
      [eventId, ago],
    );
  }
  await stores.query(
    `insert into policy_parked_events (id, policy, event_id, event_type, stream, revision, position, key, state,
       tries, occurred_at)
     values ($1, 'bank/bonus', $2, 'account.closed', 'account-1', 0, 1, 'account-1', 'parked', 2, now())`,
    [freshId(), parked],
  );
  await forgetFinishedFanOuts(app.get(getDataSourceToken('bank')));
  const left = await stores.query<{ event_id: string }>('select event_id from policy_fan_outs');
  expect(left.map(({ event_id: id }) => id).toSorted()).toEqual([recent, begun, parked].toSorted());
});

it('ends soon when its process stops, and goes on in the next one', async () => {
  const first = await start();
  await openAccounts(first.app, 'Sato', 450);
  await beginFanOut(first.app, 'Sato');
  await eventually(() => expect(first.paid).toBeGreaterThan(200));
  await first.app.close();
  apps = [];
  const [stopped] = await fanOuts();
  expect(stopped).toMatchObject({ finished_at: null, sent: first.paid });

  const second = await start();
  await eventually(
    async () => expect(await fanOuts()).toMatchObject([{ finished_at: expect.any(Date), sent: 450 }]),
    patience,
  );
  expect(second.paid).toBe(450 - first.paid);
  expect([...(await bonuses(second.app.get(EventStore))).values()]).toEqual(Array.from({ length: 450 }, () => 1));
});

it('is parked with its event when a target can not be handled, and a replay goes on at that target', async () => {
  let poison: string | undefined;
  const seen: string[] = [];
  const { app } = await start(({ target }) => {
    if (target === poison) throw new RangeError('This target breaks the policy.');
    seen.push(target);
  });
  const targets = (await openAccounts(app, 'Sato', 40)).toSorted();
  poison = targets[20];
  await beginFanOut(app, 'Sato');
  const [parked] = await eventually(async () => {
    const rows = await stores.query<{ id: string; event_id: string }>('select id, event_id from policy_parked_events');
    expect(rows).toHaveLength(1);
    return rows;
  });
  expect(consumerStatuses(app).find(({ name }) => name === 'bank/bonus')).toMatchObject({ state: 'running' });
  expect(await fanOuts()).toMatchObject([{ place: targets[15], sent: 16, finished_at: null }]);

  poison = undefined;
  seen.length = 0;
  const decision = new ReplayParkedEvent(
    parked!.id,
    { policy: 'bank/bonus', eventId: parked!.event_id },
    testContext({ commandId: freshId() }),
  );
  await new CommandHandler(parkedEventDecider, app.get(EventStore), app.get(EventSchemas)).execute(decision);
  await eventually(async () => expect(await fanOuts()).toMatchObject([{ sent: 40, finished_at: expect.any(Date) }]));
  expect(seen.toSorted()).toEqual(targets.slice(16));
  expect([...(await bonuses(app.get(EventStore))).values()]).toEqual(Array.from({ length: 40 }, () => 1));
});
