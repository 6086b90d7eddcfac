import { expect, it, onTestFinished } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTcpProxy } from '#libs/testing/src/tcp-proxy.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { CommandHandler } from './command-handler.js';
import { OutcomeUnknown } from './errors.js';
import type { RecordedEvent } from './event.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { CloseAccount, OpenAccount, PayIn, accountDecider, accountSchemas } from './spec-account.js';

async function place() {
  const data = temporaryFolder();
  let server: EventStoreServer = await startEventStoreServer({ data });
  const { port } = server;
  const proxy = await startTcpProxy(port);
  const connect = (to: number): EventStore => EventStore.connect(`esdb://127.0.0.1:${to}?tls=false`);
  const store = connect(proxy.port);
  onTestFinished(async () => {
    await store.close();
    await proxy.close();
    await server.stop();
  });
  const account = freshId();
  const handler = new CommandHandler(accountDecider, store, accountSchemas);
  await handler.execute(new OpenAccount(account, { owner: 'Sato' }, testContext({ commandId: freshId() })));

  /** Read past the proxy. */
  const stored = async (): Promise<RecordedEvent[]> => {
    const direct = connect(port);
    const events: RecordedEvent[] = [];
    try {
      for await (const event of direct.readStream(`account-${account}`)) events.push(event);
    } finally {
      await direct.close();
    }
    return events;
  };
  return {
    proxy,
    handler,
    stored,
    payIn: new PayIn(account, { amount: 5 }, testContext({ commandId: freshId() })),
    close: new CloseAccount(account, {}, testContext({ commandId: freshId() })),
    untilStored: (revision: number) =>
      eventually(async () => expect((await stored()).at(-1)).toMatchObject({ revision })),
    kill: async () => {
      await server.kill('SIGKILL');
      proxy.cut();
    },
    restart: async () => {
      server = await startEventStoreServer({ data, port });
    },
  };
}

it('finds the receipt of an append whose answer was lost with the event store', async () => {
  const { proxy, handler, payIn, ...at } = await place();
  proxy.lose('answers');
  const answer = handler.execute(payIn);
  await at.untilStored(1);
  await at.kill();
  await at.restart();

  const { revision, position } = (await at.stored())[1]!;
  expect(await answer).toEqual({ id: payIn.target, revision, position });
  expect(await handler.execute(payIn)).toEqual(await answer);
  expect(await at.stored()).toHaveLength(2);
});

it('finds the receipt when only the connection was lost', async () => {
  const { proxy, handler, payIn, ...at } = await place();
  proxy.lose('answers');
  const answer = handler.execute(payIn);
  await at.untilStored(1);
  proxy.cut();

  expect(await answer).toMatchObject({ revision: 1 });
  expect(await at.stored()).toHaveLength(2);
});

it('appends again what never reached the event store', async () => {
  const { proxy, handler, payIn, ...at } = await place();
  proxy.lose('requests');
  const sent = proxy.seen('requests', 1);
  const answer = handler.execute(payIn);
  await sent;
  proxy.cut();

  expect(await answer).toMatchObject({ revision: 1 });
  expect(await at.stored()).toHaveLength(2);
});

it('says that the outcome is unknown while the event store stays away, and the repeat answers what was stored', async () => {
  const { proxy, handler, payIn, ...at } = await place();
  proxy.lose('answers');
  const error = handler.execute(payIn).catch((caught: unknown) => caught);
  await at.untilStored(1);
  await at.kill();

  expect(await error).toBeInstanceOf(OutcomeUnknown);
  await at.restart();
  expect(await handler.execute(payIn)).toMatchObject({ revision: 1 });
  expect(await at.stored()).toHaveLength(2);
});

it('lets commands that waited behind an unknown outcome decide on what was stored', async () => {
  const { proxy, handler, payIn, close, ...at } = await place();
  proxy.lose('answers');
  const answers = Promise.all([handler.execute(payIn), handler.execute(close), handler.execute(payIn)]);
  await at.untilStored(1);
  proxy.cut();

  const [first, closed, repeat] = await answers;
  expect(repeat).toEqual(first);
  expect(closed).toMatchObject({ revision: 2 });
  expect((await at.stored()).map(({ type }) => type)).toEqual(['account.opened', 'account.paid_in', 'account.closed']);
});

it('fails commands that waited behind an outage with it', async () => {
  const { proxy, handler, payIn, close, ...at } = await place();
  proxy.lose('answers');
  const answers = Promise.allSettled([handler.execute(payIn), handler.execute(close)]);
  await at.untilStored(1);
  await at.kill();

  expect(await answers).toMatchObject([
    { status: 'rejected', reason: { name: 'OutcomeUnknown' } },
    { status: 'rejected', reason: { name: 'EventStoreUnavailable' } },
  ]);
  await at.restart();
  expect(await at.stored()).toHaveLength(2);
});
