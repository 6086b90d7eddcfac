import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTcpProxy } from '#libs/testing/src/tcp-proxy.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { CommandHandler } from './command-handler.js';
import type { RecordedEvent } from './event.js';
import { EventStore } from './event-store.js';
import { stableId } from './ids.js';
import { accountDecider, accountSchemas } from './spec-account.js';
import {
  type AccountCommand,
  type Answer,
  HistoryCommands,
  type Round,
  balanceOf,
  complaints,
  isUndecided,
  rounds,
} from './spec-history.js';
import { StateCache } from './state-cache.js';

/** `HISTORIES=200 npx vitest run libs/event-sourcing/src/command-history` tries more of them. */
const histories = Number(process.env['HISTORIES'] ?? 4);

it.each(Array.from({ length: histories }, (_, n) => n + 1))(
  'random commands, repeats, races and crashes leave each acknowledged command in the log once (history %i)',
  { timeout: 120_000 },
  async (seed) => {
    // A history that fails is made smaller for a while, then shown with what is left of it.
    const limits = { seed, numRuns: 1, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), rounds, async (accounts, history) => {
        const place = await startPlace();
        try {
          await live(history, accounts, place);
        } finally {
          await place.close();
        }
      }),
      limits,
    );
  },
);

async function live(history: readonly Round[], count: number, place: Place): Promise<void> {
  const accounts = Array.from({ length: count }, (_, n) => stableId('account', n));
  // Two caches are what two processes would have; the small one forgets all the time.
  const caches = [new StateCache(), new StateCache({ streams: 2, events: 60 })] as const;
  const handlers = caches.map((cache) => new CommandHandler(accountDecider, place.store, accountSchemas, cache));
  const told = new Map(accounts.map((account) => [account, -1]));
  const answers: Answer[] = [];

  const send = async (command: AccountCommand, cache: 0 | 1): Promise<Answer['outcome']> => {
    const toldBefore = told.get(command.target)!;
    const outcome = await handlers[cache]!.execute(command).catch((error: unknown) => error as Error);
    answers.push({ command, toldBefore, outcome });
    if (!(outcome instanceof Error)) told.set(command.target, Math.max(told.get(command.target)!, outcome.revision));
    return outcome;
  };

  const commands = new HistoryCommands(accounts, (account) => told.get(account)!);
  for (const { sendings, tripled, fault } of history) {
    const batch = sendings.map((sending) => ({ command: commands.of(sending), cache: sending.cache }));
    if (tripled) batch.push(batch[0]!, { ...batch[0]!, cache: 1 });
    if (fault?.losesAnswers) place.proxy.lose('answers');
    const moment = fault?.losesAnswers
      ? place.proxy.seen('answers', 1)
      : fault && place.proxy.seen('requests', fault.afterBytes);
    const sent = Promise.all(batch.map(({ command, cache }) => send(command, cache)));
    await Promise.race(moment ? [sent, moment] : [sent]);
    if (fault?.kills) await place.killAndRestart();
    else if (fault) place.proxy.cut();
    await sent;
  }
  for (const { command } of answers.filter(({ outcome }) => isUndecided(outcome))) {
    await eventually(async () => expect(isUndecided(await send(command, 0))).toBe(false), { timeoutMs: 30_000 });
  }

  for (const account of accounts) {
    const own = answers.filter(({ command }) => command.target === account);
    const events = await place.eventsOf(`account-${account}`);
    expect(complaints(own, events)).toEqual([]);

    const folded = events.reduce(
      (state, event) => accountDecider.evolve(state, accountSchemas.current<never>(event)),
      accountDecider.initialState,
    );
    const balance = folded.status === 'open' ? folded.balance : undefined;
    expect(balance).toBe(folded.status === 'open' ? balanceOf(own, events) : undefined);
    const known = caches.map((cache) => cache.get<typeof folded>(`account-${account}`));
    const upToDate = known.filter((each) => each?.revision === events.length - 1);
    expect(upToDate.map((each) => each?.state)).toEqual(upToDate.map(() => folded));
  }
}

type Place = Awaited<ReturnType<typeof startPlace>>;

async function startPlace() {
  const data = temporaryFolder();
  let server: EventStoreServer = await startEventStoreServer({ data });
  const { port } = server;
  const proxy = await startTcpProxy(port);
  const store = EventStore.connect(`esdb://127.0.0.1:${proxy.port}?tls=false`);
  return {
    close: async () => {
      await store.close();
      await proxy.close();
      await server.stop();
    },
    store,
    proxy,
    killAndRestart: async () => {
      await server.kill('SIGKILL');
      proxy.cut();
      server = await startEventStoreServer({ data, port });
    },
    /** Past the proxy, whose connection may just have been cut. */
    eventsOf: async (stream: string): Promise<RecordedEvent[]> => {
      const direct = EventStore.connect(`esdb://127.0.0.1:${port}?tls=false`);
      const events = [];
      for await (const event of direct.readStream(stream)) events.push(event);
      await direct.close();
      return events;
    },
  };
}
