import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testContext } from '#libs/testing/src/given.js';
import type { CommandContext } from './command.js';
import { CommandHandler } from './command-handler.js';
import { CommandRefused, RevisionMismatch } from './errors.js';
import { EventStore } from './event-store.js';
import { freshId } from './ids.js';
import { CloseAccount, OpenAccount, PayIn, accountDecider, accountSchemas } from './spec-account.js';
import { StateCache } from './state-cache.js';

let server: EventStoreServer;
let store: EventStore;
/** What two processes would have: each its own cache over one store. */
let here: ReturnType<typeof handlerWithCache>;
let there: ReturnType<typeof handlerWithCache>;
let account: string;

beforeAll(async () => {
  server = await startEventStoreServer();
  store = EventStore.connect(server.url);
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

beforeEach(async () => {
  here = handlerWithCache();
  there = handlerWithCache();
  account = freshId();
  await here.execute(new OpenAccount(account, { owner: 'Sato' }, context()));
});

function handlerWithCache(over = store, decider = accountDecider) {
  const cache = new StateCache();
  const handler = new CommandHandler(decider, over, accountSchemas, cache);
  return { cache, execute: handler.execute.bind(handler) };
}

function context(overrides: Partial<CommandContext> = {}): CommandContext {
  return testContext({ commandId: freshId(), ...overrides });
}

async function revisions(from = store): Promise<number[]> {
  const found = [];
  for await (const { revision } of from.readStream(`account-${account}`)) found.push(revision);
  return found;
}

describe('a process whose memory is behind the log', () => {
  it('decides afresh when its append loses the race', async () => {
    await there.execute(new PayIn(account, { amount: 5 }, context()));
    expect(await here.execute(new PayIn(account, { amount: 6 }, context()))).toMatchObject({ revision: 2 });
    await there.execute(new CloseAccount(account, {}, context()));
    const late = here.execute(new PayIn(account, { amount: 7 }, context()));
    await expect(late).rejects.toBeInstanceOf(CommandRefused);
    expect(await revisions()).toEqual([0, 1, 2, 3]);
  });

  it('confirms a refusal before it answers it', async () => {
    const unopened = freshId();
    const payIn = new PayIn(unopened, { amount: 5 }, context());
    await expect(here.execute(payIn)).rejects.toBeInstanceOf(CommandRefused);
    await there.execute(new OpenAccount(unopened, { owner: 'Ito' }, context()));
    expect(await here.execute(payIn)).toMatchObject({ revision: 1 });
  });

  it('confirms that nothing changes before it answers so', async () => {
    const { position } = await there.execute(new PayIn(account, { amount: 5 }, context()));
    expect(await here.execute(new OpenAccount(account, { owner: 'Ito' }, context()))).toMatchObject({
      revision: 1,
      position,
    });
  });

  it('takes an If-Match that is newer than its memory, and turns down one that is as old', async () => {
    await there.execute(new PayIn(account, { amount: 5 }, context()));
    const stale = here.execute(new PayIn(account, { amount: 6 }, context({ expectedRevision: 0 })));
    await expect(stale).rejects.toBeInstanceOf(RevisionMismatch);
    await there.execute(new PayIn(account, { amount: 7 }, context()));
    const current = new PayIn(account, { amount: 8 }, context({ expectedRevision: 2 }));
    expect(await here.execute(current)).toMatchObject({ revision: 3 });
  });

  it('answers a command that the other process carried out, and appends nothing', async () => {
    const payIn = new PayIn(account, { amount: 5 }, context());
    const first = await there.execute(payIn);
    expect(await here.execute(payIn)).toEqual(first);
    expect(await revisions()).toEqual([0, 1]);
  });

  it('starts over when the log is another one than it remembers', async () => {
    const first = await startEventStoreServer();
    const replaced = EventStore.connect(first.url);
    const { execute } = handlerWithCache(replaced);
    await execute(new OpenAccount(account, { owner: 'Sato', payIn: 5 }, context()));
    await first.kill('SIGKILL');
    const second = await startEventStoreServer({ port: first.port });
    onTestFinished(async () => {
      await replaced.close();
      await second.stop();
    });
    const other = handlerWithCache(replaced);
    await other.execute(new OpenAccount(account, { owner: 'Ito' }, context()));

    expect(await execute(new PayIn(account, { amount: 6 }, context()))).toMatchObject({ revision: 1 });
    expect(await revisions(replaced)).toEqual([0, 1]);
  });
});

describe('a process that remembers a stream', () => {
  it('has one effect for a command that comes 8 times at once, and loses no race with itself', async () => {
    const twins = new PayIn(account, { amount: 5 }, context());
    const others = Array.from({ length: 20 }, (_, n) => new PayIn(account, { amount: n + 1 }, context()));
    const commands = [...Array.from({ length: 8 }, () => twins), ...others];
    const answers = await Promise.all(commands.map((command) => here.execute(command)));
    expect(new Set(answers.map(({ revision }) => revision)).size).toBe(21);
    expect(await revisions()).toHaveLength(22);
  });

  it('folds its own events as a reader gets them', async () => {
    const seen: unknown[] = [];
    const { execute } = handlerWithCache(store, {
      ...accountDecider,
      evolve: (state, event) => {
        seen.push(event);
        return accountDecider.evolve(state, event);
      },
    });
    const amount = Object.assign(new Date(5), { toJSON: () => 5 }) as unknown as number;
    await execute(new PayIn(account, { amount }, context()));
    const changedBy = { actor: 'spec', at: context().occurredAt, event: 'account.paid_in' };
    expect(seen.at(-1)).toEqual({ type: 'account.paid_in', data: { accountId: account, amount: 5 }, changedBy });
  });

  it('never stores events that it could not fold again, and forgets streams that it can not fold', async () => {
    const { cache, execute } = handlerWithCache(store, {
      ...accountDecider,
      evolve: (state, event) => {
        if (event.type === 'account.paid_in') throw new Error('no rule for it');
        return accountDecider.evolve(state, event);
      },
    });
    await expect(execute(new PayIn(account, { amount: 5 }, context()))).rejects.toThrow('no rule for it');
    expect(await revisions()).toEqual([0]);

    await there.execute(new PayIn(account, { amount: 5 }, context()));
    await expect(execute(new CloseAccount(account, {}, context()))).rejects.toThrow('no rule for it');
    expect(cache.get(`account-${account}`)).toBeUndefined();
  });

  it('answers the oldest command of a long stream as it did the first time', async () => {
    const oldest = new PayIn(account, { amount: 1 }, context({ fingerprint: 'a' }));
    const first = await here.execute(oldest);
    for (let n = 0; n < 200; n++) await here.execute(new PayIn(account, { amount: 1 }, context()));

    expect(await here.execute(oldest)).toEqual(first);
    expect(await there.execute(oldest)).toEqual(first);
    const reused = new PayIn(account, { amount: 2 }, { ...oldest.context, fingerprint: 'b' });
    await expect(here.execute(reused)).rejects.toMatchObject({ name: 'CommandIdReused' });
    expect(await revisions()).toHaveLength(202);
  });
});
