import { EventStoreDBClient } from '@eventstore/db-client';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEventStore } from '#libs/local-stack/src/node-parts.js';
import type { PartProcess } from '#libs/local-stack/src/part.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { seeded } from '../faults/random.js';
import { type Seen, type Verdict, check } from './check.js';
import { Load, sharedStreams } from './load.js';
import { Subscriber, seen } from './subscriber.js';

export interface KillOptions {
  /** Holds the log of events and what the server says. */
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

const clients = 4;
/** So long a server lives under load at most, in milliseconds. */
const longestLifeMs = 1_000;
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
    const starting = random() < whileStarting;
    const ms = random() * (starting ? longestStartMs : longestLifeMs);
    if (starting) await killWhileStarting(server, ms);
    else await liveFor(ms, await startEventStore(server), url, load, subscribers);
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
      streams.set(stream, await collect(client.readStream(stream)));
    }
    const verdict = check({ attempts: load.attempts, log, streams, subscribers });
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

async function liveFor(
  ms: number,
  server: PartProcess,
  url: string,
  load: Load,
  subscribers: readonly Subscriber[],
): Promise<void> {
  const life = new AbortController();
  const readers = EventStoreDBClient.connectionString(url);
  const working = [load.run(url, life.signal), ...subscribers.map((each) => each.run(readers, life.signal))];
  await delay(ms);
  server.kill('SIGKILL');
  await server.exited;
  life.abort();
  await Promise.all(working);
  await readers.dispose();
}

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

async function collect(events: AsyncIterable<{ event?: Parameters<typeof seen>[0] }>): Promise<Seen[]> {
  const collected: Seen[] = [];
  for await (const { event } of events) if (event) collected.push(seen(event));
  return collected;
}
