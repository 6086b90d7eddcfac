import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testContext } from '#libs/testing/src/given.js';
import type { CommandContext } from './command.js';
import { CommandHandler } from './command-handler.js';
import { CommandIdReused, CommandRefused, EventStoreUnavailable, RevisionMismatch, UnreadableEvent } from './errors.js';
import type { RecordedEvent } from './event.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { CloseAccount, OpenAccount, PayIn, accountDecider, accountSchemas } from './spec-account.js';

let server: EventStoreServer;
let store: EventStore;
let handler: CommandHandler<unknown, OpenAccount | PayIn | CloseAccount, never>;

beforeAll(async () => {
  server = await startEventStoreServer();
  store = EventStore.connect(server.url);
  handler = new CommandHandler(accountDecider, store, accountSchemas) as unknown as typeof handler;
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

const context = (overrides: Partial<CommandContext> = {}): CommandContext =>
  testContext({ commandId: freshId(), ...overrides });

async function streamOf(account: string): Promise<RecordedEvent[]> {
  const events = [];
  for await (const event of store.readStream(`account-${account}`)) events.push(event);
  return events;
}

async function opened(): Promise<string> {
  const account = freshId();
  await handler.execute(new OpenAccount(account, { owner: 'Sato' }, context()));
  return account;
}

describe('a command', () => {
  it('becomes events that carry who, when, why and which version', async () => {
    const account = freshId();
    const { commandId, ...rest } = context({ correlationId: 'c-1', causationId: 'e-1', fingerprint: 'f-1' });
    const done = await handler.execute(new OpenAccount(account, { owner: 'Sato', payIn: 5 }, { commandId, ...rest }));

    const events = await streamOf(account);
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'account.opened', data: { accountId: account, owner: 'Sato' } },
      { type: 'account.paid_in', data: { accountId: account, amount: 5 } },
    ]);
    expect(events[0]?.metadata).toEqual({
      commandId,
      correlationId: 'c-1',
      causationId: 'e-1',
      fingerprint: 'f-1',
      actor: { id: 'spec', role: 'ADMIN' },
      occurredAt: '2026-01-05T09:00:00.000Z',
      schemaVersion: 2,
    });
    expect(done).toEqual({ id: account, revision: 1, position: events[1]?.position });
  });

  it('that comes again answers as it did the first time and appends nothing', async () => {
    const account = await opened();
    const payIn = new PayIn(account, { amount: 5 }, context({ fingerprint: 'same' }));
    const first = await handler.execute(payIn);
    await handler.execute(new PayIn(account, { amount: 7 }, context()));

    expect(await handler.execute(payIn)).toEqual(first);
    expect(await streamOf(account)).toHaveLength(3);
  });

  it('that comes twice at once has one effect', async () => {
    const account = await opened();
    const payIn = new PayIn(account, { amount: 5 }, context());
    const answers = await Promise.all(Array.from({ length: 8 }, () => handler.execute(payIn)));

    expect(new Set(answers.map(({ position }) => position)).size).toBe(1);
    expect(await streamOf(account)).toHaveLength(2);
  });

  it('is refused when its id was used for another request', async () => {
    const account = await opened();
    const commandId = freshId();
    await handler.execute(new PayIn(account, { amount: 5 }, context({ commandId, fingerprint: 'a' })));
    const other = new PayIn(account, { amount: 6 }, context({ commandId, fingerprint: 'b' }));

    await expect(handler.execute(other)).rejects.toBeInstanceOf(CommandIdReused);
    expect(await streamOf(account)).toHaveLength(2);
  });

  it('that breaks a rule is refused, stores nothing and may come again later', async () => {
    const account = freshId();
    const payIn = new PayIn(account, { amount: 5 }, context());
    await expect(handler.execute(payIn)).rejects.toMatchObject({ refusal: { code: 'account_not_found' } });
    expect(await streamOf(account)).toEqual([]);

    await handler.execute(new OpenAccount(account, { owner: 'Sato' }, context()));
    await handler.execute(payIn);
    expect(await streamOf(account)).toHaveLength(2);
  });

  it('that changes nothing answers the revision that stands', async () => {
    const account = await opened();
    await handler.execute(new CloseAccount(account, {}, context()));
    expect(await handler.execute(new CloseAccount(account, {}, context()))).toMatchObject({ revision: 1 });
  });

  it('is decided afresh when it loses a race', async () => {
    const account = await opened();
    const payments = Array.from({ length: 4 }, (_, n) => new PayIn(account, { amount: n + 1 }, context()));
    await Promise.all(payments.map((payIn) => handler.execute(payIn)));

    const amounts = (await streamOf(account)).slice(1).map(({ data }) => (data as { amount: number }).amount);
    expect(amounts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });

  it('with If-Match is carried out at that revision only, and the answer names who won', async () => {
    const account = await opened();
    const winner = { id: 'winner', role: 'SALES' };
    await handler.execute(new PayIn(account, { amount: 5 }, context({ expectedRevision: 0, actor: winner })));
    const late = new PayIn(account, { amount: 6 }, context({ expectedRevision: 0 }));

    const error: unknown = await handler.execute(late).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RevisionMismatch);
    expect(error).toMatchObject({ expected: 0, actual: 1, changedBy: { actor: 'winner', event: 'account.paid_in' } });
    expect(await streamOf(account)).toHaveLength(2);
  });

  it('from an event older than one that came already is passed over', async () => {
    const account = await opened();
    const from = (revision: number): CommandContext => context({ source: { stream: 'other-1', revision } });
    await handler.execute(new PayIn(account, { amount: 2 }, from(7)));
    await handler.execute(new PayIn(account, { amount: 1 }, from(6)));
    await handler.execute(new PayIn(account, { amount: 3 }, from(8)));

    expect((await streamOf(account)).slice(1).map(({ data }) => (data as { amount: number }).amount)).toEqual([2, 3]);
  });
});

describe('the log', () => {
  it('is read through upcasters', async () => {
    const account = freshId();
    await append(account, 'account.opened', { accountId: account }, 1);
    await handler.execute(new PayIn(account, { amount: 1 }, context()));
    const [first] = await streamOf(account);
    expect(accountSchemas.current(first as RecordedEvent)).toMatchObject({
      data: { accountId: account, owner: 'unknown' },
      metadata: { schemaVersion: 2 },
    });
  });

  it('stops a command that meets an event from a newer program', async () => {
    const account = freshId();
    await append(account, 'account.opened', { accountId: account }, 3);
    const payIn = new PayIn(account, { amount: 1 }, context());
    await expect(handler.execute(payIn)).rejects.toBeInstanceOf(UnreadableEvent);
    await expect(handler.execute(payIn)).rejects.toThrow('schema version 3; this program knows up to 2');
  });

  it('that is away is told from a refusal, and the same command succeeds when it is back', async () => {
    const other = await startEventStoreServer();
    const away = EventStore.connect(other.url);
    const handling = new CommandHandler(accountDecider, away, accountSchemas);
    const open = new OpenAccount(freshId(), { owner: 'Sato' }, context());
    await other.kill('SIGKILL');
    const error: unknown = await handling.execute(open).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(EventStoreUnavailable);
    expect(error).not.toBeInstanceOf(CommandRefused);

    const back = await startEventStoreServer({ port: other.port });
    expect(await handling.execute(open)).toMatchObject({ revision: 0 });
    await away.close();
    await back.stop();
  });

  it('that goes away under load fails every command on its way, and the process lives on', async () => {
    const other = await startEventStoreServer();
    const away = EventStore.connect(other.url);
    const handling = new CommandHandler(accountDecider, away, accountSchemas);
    const opening = Array.from({ length: 200 }, () =>
      handling.execute(new OpenAccount(freshId(), { owner: 'x'.repeat(10_000) }, context())),
    );
    const settled = Promise.allSettled(opening);
    await opening[0];
    await other.kill('SIGKILL');

    const reasons = (await settled).flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason).toBeInstanceOf(EventStoreUnavailable);
    await away.close();
  });
});

async function append(account: string, type: string, data: object, schemaVersion: number): Promise<void> {
  const metadata = { ...context(), schemaVersion };
  await store.append(`account-${account}`, [{ id: freshId(), type, data, metadata }], -1);
}
