import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import type { RecordedEvent } from './event.js';
import { consumerStatuses } from './event-sourcing.module.js';
import { EventStore } from './event-store.js';
import { Policy, streamOf } from './policy.js';
import type { AccountEvents } from './spec-account.js';
import { PolicyStores, openAccount, payIn, startPolicyApp } from './spec-policy-app.js';

type PaidIn = RecordedEvent<{ type: 'account.paid_in'; data: AccountEvents['account.paid_in'] }>;

/** What the policy of the spec has done, and what holds it up. */
let seen: { readonly account: string; readonly amount: number }[];
let running: number;
let mostRunning: number;
/** An amount whose delivery waits for its promise. */
const held = new Map<number, PromiseWithResolvers<void>>();

@Controller()
class NotePayments {
  @Policy('bank/note-payments', { on: ['account.paid_in'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() { data }: PaidIn): Promise<void> {
    mostRunning = Math.max(mostRunning, ++running);
    try {
      await held.get(data.amount)?.promise;
      seen.push({ account: data.accountId, amount: data.amount });
    } finally {
      running--;
    }
  }
}

@Controller()
class NoteNewPayments {
  @Policy('bank/note-new-payments', { on: ['account.paid_in'], key: streamOf, startFrom: 'now' })
  async handle(@Payload() { data }: PaidIn): Promise<void> {
    seen.push({ account: data.accountId, amount: data.amount });
  }
}

let stores: PolicyStores;
let app: NestFastifyApplication | undefined;

beforeEach(async () => {
  seen = [];
  running = mostRunning = 0;
  held.clear();
  stores = await PolicyStores.start();
});

afterEach(async () => {
  for (const { resolve } of held.values()) resolve();
  await app?.close();
  app = undefined;
  await stores.stop();
});

function hold(amount: number): () => void {
  const promise = Promise.withResolvers<void>();
  held.set(amount, promise);
  return promise.resolve;
}

const amountsOf = (account: string): number[] =>
  seen.filter((each) => each.account === account).map(({ amount }) => amount);
const saved = (): Promise<number> => stores.checkpoint('bank/note-payments');

describe('a policy', () => {
  it('handles the events of one key in order and those of different keys side by side, up to a bound', async () => {
    const amounts = [1, 2, 3, 4, 5];
    app = await startPolicyApp(stores, []);
    const accounts = await Promise.all(Array.from({ length: 30 }, () => openAccount(app!, 'Sato', amounts)));
    await app.close();
    const release = hold(1);
    app = await startPolicyApp(stores, [NotePayments]);
    await eventually(() => expect(running).toBe(8));
    release();
    await eventually(() => expect(seen).toHaveLength(150));
    for (const account of accounts) expect(amountsOf(account)).toEqual(amounts);
    expect(mostRunning).toBe(8);
  });

  it('lets a slow key hold up its own events only, and keeps the checkpoint before it', async () => {
    app = await startPolicyApp(stores, [NotePayments]);
    const before = await openAccount(app, 'Ito', [1]);
    await eventually(async () => expect(amountsOf(before)).toEqual([1]));
    await eventually(async () => expect(await saved()).toBeGreaterThan(0));
    const checkpoint = await saved();

    const release = hold(666);
    const slow = await openAccount(app, 'Sato', [666, 2, 3]);
    const quick = await openAccount(app, 'Suzuki', [4, 5]);
    await eventually(() => expect(amountsOf(quick)).toEqual([4, 5]));
    expect(amountsOf(slow)).toEqual([]);
    // What stands between them is of no concern, so the mark may have moved over it, but not over the slow event.
    const [slowEvent] = await positions(slow);
    expect(await saved()).toBeGreaterThanOrEqual(checkpoint);
    expect(await saved()).toBeLessThan(slowEvent!);

    release();
    await eventually(() => expect(amountsOf(slow)).toEqual([666, 2, 3]));
    const [, , last] = await positions(slow);
    await eventually(async () => expect(await saved()).toBeGreaterThanOrEqual(last!));
  });

  it('gets again what was not done when it stopped, and what was done above that', async () => {
    const release = hold(666);
    app = await startPolicyApp(stores, [NotePayments]);
    const slow = await openAccount(app, 'Sato', [666]);
    const quick = await openAccount(app, 'Suzuki', [4]);
    await eventually(() => expect(amountsOf(quick)).toEqual([4]));
    const checkpoint = await saved();
    // A process that is killed writes nothing more: its checkpoint stays where it is.
    release();
    await app.close();
    await stores.query('update consumer_checkpoints set position = $1', [checkpoint]);

    seen = [];
    app = await startPolicyApp(stores, [NotePayments]);
    await payIn(app, slow, [7]);
    await eventually(() => expect(amountsOf(slow)).toEqual([666, 7]));
    expect(amountsOf(quick)).toEqual([4]);
  });

  it('that starts from now sees nothing of what was before its first start, and all after it', async () => {
    app = await startPolicyApp(stores, []);
    const account = await openAccount(app, 'Sato', [1, 2]);
    await app.close();
    app = await startPolicyApp(stores, [NoteNewPayments]);
    await payIn(app, account, [3]);
    await eventually(() => expect(amountsOf(account)).toEqual([3]));
    await app.close();

    // While it is down, its own checkpoint counts and not the time of the next start.
    app = await startPolicyApp(stores, []);
    await payIn(app, account, [4]);
    await app.close();
    app = await startPolicyApp(stores, [NoteNewPayments]);
    await eventually(() => expect(amountsOf(account)).toEqual([3, 4]));
  });

  it('shows the position up to which everything is done', async () => {
    const release = hold(666);
    app = await startPolicyApp(stores, [NotePayments]);
    const slow = await openAccount(app, 'Sato', [666, 2]);
    await eventually(() => expect(running).toBe(1));
    const [slowEvent, last] = await positions(slow);
    expect(Number(consumerStatuses(app)[0]?.position)).toBeLessThan(slowEvent!);
    release();
    await eventually(() => expect(Number(consumerStatuses(app!)[0]?.position)).toBe(last));
  });
});

/** Positions of the payments of one account. */
async function positions(account: string): Promise<number[]> {
  const found = [];
  for await (const event of app!.get(EventStore).readStream(`account-${account}`, 1))
    found.push(Number(event.position));
  return found;
}
