import { expect, it, onTestFinished } from 'vitest';
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
  RandomCommands,
  balanceOf,
  complaints,
  isUndecided,
  seeded,
} from './spec-history.js';
import { StateCache } from './state-cache.js';

/** `HISTORIES=200 npx vitest run libs/event-sourcing/src/command-history` tries more of them. */
const histories = Number(process.env['HISTORIES'] ?? 4);
const rounds = 40;
/** A fault strikes when some bytes of a round have been on the wire. */
const faults = [
  { probability: 0.15, losesAnswers: true, kills: false },
  { probability: 0.1, losesAnswers: false, kills: false },
  { probability: 0.04, losesAnswers: true, kills: true },
  { probability: 0.04, losesAnswers: false, kills: true },
];

it.each(Array.from({ length: histories }, (_, n) => n + 1))(
  'random commands, repeats, races and crashes leave each acknowledged command in the log once (history %i)',
  { timeout: 120_000 },
  async (seed) => {
    const random = seeded(seed);
    const chance = (probability: number): boolean => random() < probability;
    const place = await startPlace();
    const accounts = Array.from({ length: 1 + (seed % 4) }, (_, n) => stableId('account', seed, n));
    // Two caches are what two processes would have; the small one forgets all the time.
    const caches = [new StateCache(), new StateCache({ streams: 2, events: 60 })];
    const handlers = caches.map((cache) => new CommandHandler(accountDecider, place.store, accountSchemas, cache));
    const told = new Map(accounts.map((account) => [account, -1]));
    const answers: Answer[] = [];

    const send = async (command: AccountCommand): Promise<Answer['outcome']> => {
      const toldBefore = told.get(command.target)!;
      const handler = handlers[chance(0.5) ? 0 : 1]!;
      const outcome = await handler.execute(command).catch((error: unknown) => error as Error);
      answers.push({ command, toldBefore, outcome });
      if (!(outcome instanceof Error)) told.set(command.target, Math.max(told.get(command.target)!, outcome.revision));
      return outcome;
    };

    const commands = new RandomCommands(seed, random, accounts, (account) => told.get(account)!);
    for (let round = 0; round < rounds; round++) {
      const batch = Array.from({ length: 1 + Math.floor(random() * 6) }, () => commands.next());
      if (chance(0.3)) batch.push(batch[0]!, batch[0]!);
      const fault = faults.find(({ probability }) => chance(probability));
      if (fault?.losesAnswers) place.proxy.lose('answers');
      const moment = fault?.losesAnswers
        ? place.proxy.seen('answers', 1)
        : fault && place.proxy.seen('requests', random() * 3_000);
      const sent = Promise.all(batch.map(send));
      await Promise.race(moment ? [sent, moment] : [sent]);
      if (fault?.kills) await place.killAndRestart();
      else if (fault) place.proxy.cut();
      await sent;
    }
    const undecided = answers.filter(({ outcome }) => isUndecided(outcome));
    for (const { command } of undecided) {
      await eventually(async () => expect(isUndecided(await send(command))).toBe(false), { timeoutMs: 30_000 });
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
  },
);

async function startPlace() {
  const data = temporaryFolder();
  let server: EventStoreServer = await startEventStoreServer({ data });
  const { port } = server;
  const proxy = await startTcpProxy(port);
  const store = EventStore.connect(`esdb://127.0.0.1:${proxy.port}?tls=false`);
  onTestFinished(async () => {
    await store.close();
    await proxy.close();
    await server.stop();
  });
  return {
    store,
    proxy,
    killAndRestart: async () => {
      await server.kill('SIGKILL');
      proxy.cut();
      server = await startEventStoreServer({ data, port });
    },
    eventsOf: async (stream: string): Promise<RecordedEvent[]> => {
      const events = [];
      for await (const event of store.readStream(stream)) events.push(event);
      return events;
    },
  };
}
