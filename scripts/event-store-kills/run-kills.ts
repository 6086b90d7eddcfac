import { EventStoreDBClient, StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startScavenge } from '#libs/eventstore-server/src/start-scavenge.js';
import { startEventStore } from '#libs/local-stack/src/node-parts.js';
import type { PartProcess } from '#libs/local-stack/src/part.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { seeded } from '../faults/random.js';
import { type Seen, type Verdict, check } from './check.js';
import { Load } from './load.js';
import { Subscriber, seen } from './subscriber.js';
import { sharedStreams } from './writer.js';

export interface KillOptions {
  /** Holds the log of events and what the server says. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

const clients = 4;
/** A server lives until it has answered so many writes at most, and so many milliseconds longer. */
const mostAnswers = 400;
const longestPauseMs = 30;
/** A share of the lives has a scavenge, which begins at some moment of it. */
const withScavenge = 0.5;
/** A share of the kills hits a server that is just starting, at most so long after its begin. */
const whileStarting = 0.1;
const longestStartMs = 400;
const caughtUpWithinMs = 60_000;

/** Kills a server with -9 again and again while clients append and subscribe, and compares what they were told with its log. */
export async function runKills({ folder, kills, seed, print }: KillOptions): Promise<Verdict> {
  const random = seeded(seed);
  const server = { dataDir: join(folder, 'data'), port: await choosePort(), logFile: join(folder, 'server.log') };
  const url = `esdb://127.0.0.1:${server.port}?tls=false`;
  const load = new Load(clients, seed + 1);
  const subscribers = [undefined, undefined, sharedStreams[0], sharedStreams[1]].map((each) => new Subscriber(each));

  for (let killed = 1; killed <= kills; killed += 1) {
    if (random() < whileStarting) {
      await killWhileStarting(server, random() * longestStartMs);
    } else {
      const answers = Math.floor(random() * mostAnswers);
      const scavengeAfter = random() < withScavenge ? Math.floor(random() * answers) : undefined;
      await live(
        await startEventStore(server),
        async (life, readers) => {
          const working = [load.run(url, life), ...subscribers.map((each) => each.run(readers, life))];
          const { answers: before } = load;
          const until = (count: number): Promise<void> => condition(() => load.answers >= before + count, life);
          if (scavengeAfter !== undefined) {
            await until(scavengeAfter);
            // It may be killed before it answers.
            working.push(startScavenge(readers).then(ignore, ignore));
          }
          await until(answers);
          await delay(random() * longestPauseMs);
          return working;
        },
        url,
      );
    }
    if (killed % 10 === 0) print(`  ${killed} kills, ${load.attempts.length} appends`);
  }

  const last = await startEventStore(server);
  const client = EventStoreDBClient.connectionString(url);
  try {
    const log = await collect(client.readAll());
    print(`  ${log.length} events in the log`);
    await catchUp(subscribers, client, log);
    const streams = new Map<string, readonly Seen[]>();
    for (const stream of new Set(log.map((event) => event.stream))) {
      // Metadata of streams that are tombstoned cannot be read.
      if (!stream.startsWith('$')) streams.set(stream, await readable(client, stream));
    }
    const { attempts, mayBeGone } = load;
    const verdict = check({ attempts, log, streams, subscribers, mayBeGone });
    return { ...verdict, lost: verdict.lost + load.findings.length, findings: [...load.findings, ...verdict.findings] };
  } finally {
    await client.dispose();
    await last.stop();
  }
}

/** Whether it serves by then or not: it is gone afterwards. */
async function killWhileStarting(server: Parameters<typeof startEventStore>[0], ms: number): Promise<void> {
  const spawned = Promise.withResolvers<number>();
  const started = startEventStore({ ...server, onSpawn: ({ pid }) => spawned.resolve(pid) });
  await Promise.race([started, delay(ms)]);
  process.kill(await spawned.promise, 'SIGKILL');
  await started.then(
    ({ exited }) => exited,
    () => undefined,
  );
}

/** Kills the server once `work` has come so far; what it has begun then ends. */
async function live(
  server: PartProcess,
  work: (life: AbortSignal, readers: EventStoreDBClient) => Promise<Promise<unknown>[]>,
  url: string,
): Promise<void> {
  const life = new AbortController();
  const readers = EventStoreDBClient.connectionString(url);
  const ended = server.exited.then((how) => {
    life.abort();
    return how;
  });
  const working = await work(life.signal, readers).catch((error: unknown) => {
    if (life.signal.aborted) return ended;
    throw error;
  });
  if (typeof working === 'string') throw new Error(`The server ${working}, which nobody asked for: ${server.logFile}`);
  server.kill('SIGKILL');
  await ended;
  await Promise.all(working);
  await readers.dispose();
}

async function condition(isMet: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isMet()) await delay(2, undefined, { signal });
}

function ignore(): void {}

/** Lets the subscribers have the rest of the log. One that lacks events for so long never gets them. */
async function catchUp(
  subscribers: readonly Subscriber[],
  client: EventStoreDBClient,
  log: readonly Seen[],
): Promise<void> {
  const left = new AbortController();
  const running = subscribers.map((each) => each.run(client, left.signal));
  const newest = new Map(sharedStreams.map((name) => [name, log.findLast(({ stream }) => stream === name)]));
  const hasAll = ({ stream, seen: got }: Subscriber): boolean => {
    const end = stream === undefined ? log.at(-1) : newest.get(stream);
    return end === undefined || (got.at(-1)?.position ?? -1n) >= end.position;
  };
  const deadline = Date.now() + caughtUpWithinMs;
  while (!subscribers.every(hasAll) && Date.now() < deadline) await delay(20);
  left.abort();
  await Promise.all(running);
}

/** Nothing, when the stream is deleted. */
async function readable(client: EventStoreDBClient, stream: string): Promise<Seen[]> {
  try {
    return await collect(client.readStream(stream));
  } catch (error) {
    if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return [];
    throw error;
  }
}

async function collect(events: AsyncIterable<{ event?: Parameters<typeof seen>[0] }>): Promise<Seen[]> {
  const collected: Seen[] = [];
  for await (const { event } of events) if (event) collected.push(seen(event));
  return collected;
}
