/** Appends, reads and live delivery: our server without and with flush against one that stores nothing, in turn. */
import { EventStoreDBClient, type JSONType, jsonEvent } from '@eventstore/db-client';
import type { LoadGenerator } from '../load/generator.js';
import { type LoadResult, type Work, mostEventsInARead } from '../load/load.js';
import { turned } from '../measure/turned.js';
import { processorMsOf } from '../processes.js';
import { type Program, startAloneEventStore } from '../programs.js';
import { median, medianRatio } from '../statistics.js';
import { sampleEvent } from './sample-event.js';
import type { EventStoreSettings } from './settings.js';

export interface SpeedFigures {
  /** Without flush: the server in memory mode. */
  readonly appendsPerSecond: number;
  readonly appendRatio: number;
  readonly appendsPerSecondFlushed: number;
  readonly readEventsPerSecond: number;
  readonly readRatio: number;
  /** From the call of the append to the arrival at a subscriber on another connection, with flush. */
  readonly deliveryMsP50: number;
  readonly deliveryMsP99: number;
}

export interface EventStoreBench {
  readonly settings: EventStoreSettings;
  readonly generator: LoadGenerator;
  readonly dataDir: string;
  readonly report: (line: string) => void;
}

/** Requests in flight. */
const concurrency = { append: 64, read: 1, deliver: 16 } as const;
const eventsEach: Readonly<Record<Kind, number>> = { append: 1, read: mostEventsInARead, deliver: 1 };
const stream = 'read-again-and-again';

type Side = 'memory' | 'flushed' | 'baseline';
type Kind = keyof typeof concurrency;

export async function measureSpeed(bench: EventStoreBench): Promise<SpeedFigures> {
  const servers = await startServers(bench.dataDir);
  const appends = await inTurn(bench, servers, 'append', ['memory', 'flushed', 'baseline']);
  const reads = await inTurn(bench, servers, 'read', ['memory', 'baseline']);
  const deliveries = await inTurn(bench, servers, 'deliver', ['flushed', 'baseline']);
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  const rates = (kind: Kind, results: readonly LoadResult[]): number[] => results.map((result) => rate(kind, result));
  return {
    appendsPerSecond: median(rates('append', appends.memory)),
    appendRatio: medianRatio(rates('append', appends.memory), rates('append', appends.baseline)),
    appendsPerSecondFlushed: median(rates('append', appends.flushed)),
    readEventsPerSecond: median(rates('read', reads.memory)),
    readRatio: medianRatio(rates('read', reads.memory), rates('read', reads.baseline)),
    deliveryMsP50: median(deliveries.flushed.map(({ latencyMs }) => latencyMs.p50)),
    deliveryMsP99: median(deliveries.flushed.map(({ latencyMs }) => latencyMs.p99)),
  };
}

/** Events per second. A read is long, so its time says more than how many of them were done. */
function rate(kind: Kind, { latencyMs }: LoadResult): number {
  return (concurrency[kind] * eventsEach[kind] * 1000) / latencyMs.mean;
}

async function startServers(dataDir: string): Promise<Record<Side, Program>> {
  const start = (title: string, file: string, ...args: string[]): Promise<Program> =>
    startAloneEventStore(title, file, dataDir, args);
  const ours = 'libs/eventstore-server/src/main.js';
  const [memory, flushed, baseline] = await Promise.all([
    start('in memory', ours, '--in-memory', '--port', '0'),
    start('flushed', ours, '--data', `${dataDir}/log`, '--port', '0'),
    start('baseline', 'test/bench/event-store/plain-server.main.js'),
  ]);
  await fillStream(memory.url);
  return { memory, flushed, baseline };
}

/** The baseline has its events from the start. */
async function fillStream(url: string): Promise<void> {
  const client = EventStoreDBClient.connectionString(url);
  const { type, data, metadata } = sampleEvent;
  const events = Array.from({ length: mostEventsInARead }, () =>
    jsonEvent({ type, data: data as JSONType, metadata: metadata as JSONType }),
  );
  await client.appendToStream(stream, events);
  await client.dispose();
}

/** Answers the results of every round; one round more, which does not count, warms everything up. */
async function inTurn<Asked extends Side>(
  { settings, generator, report }: EventStoreBench,
  servers: Record<Side, Program>,
  kind: Kind,
  sides: readonly Asked[],
): Promise<Record<Asked, LoadResult[]>> {
  const results = Object.fromEntries(sides.map((side) => [side, [] as LoadResult[]])) as Record<Asked, LoadResult[]>;
  for (let round = -1; round < settings.rounds; round++) {
    for (const side of turned(sides, round + 1)) {
      const { url, pid } = servers[side];
      const work: Work =
        kind === 'read' ? { kind, eventStoreUrl: url, stream } : { kind, eventStoreUrl: url, event: sampleEvent };
      const before = processorMsOf(pid);
      const seconds = round < 0 ? settings.warmUpSeconds : settings.seconds;
      const result = await generator.run({ work, concurrency: concurrency[kind], seconds });
      const spent = ((processorMsOf(pid) - before) / result.answers / eventsEach[kind]) * 1000;
      const { p50, p99 } = result.latencyMs;
      report(
        `${kind} ${side}: ${Math.round(rate(kind, result))}/s, p50 ${p50.toFixed(1)} ms, ` +
          `p99 ${p99.toFixed(1)} ms, ${spent.toFixed(0)} µs of the server's processor for each event`,
      );
      if (round >= 0) results[side].push(result);
    }
  }
  return results;
}
