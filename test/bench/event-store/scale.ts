/** A log of many events in many streams: what a start costs, the memory that it takes, the room on disk. */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { Storage } from '#libs/eventstore-server/src/storage.js';
import { type StoredEvent, encodeEvent } from '#libs/eventstore-server/src/stored-event.js';
import { type Program, startAloneEventStore } from '../programs.js';
import { median } from '../statistics.js';
import { sampleEvent } from './sample-event.js';

export interface ScaleSettings {
  readonly events: number;
  /** Every stream has the same number of events, which lie far from each other in the log. */
  readonly streams: number;
  /** So many streams are read, one after the other from random places. */
  readonly streamsRead: number;
  /** So many events of `$all` are read. */
  readonly eventsRead: number;
}

export interface ScaleFigures {
  /** From the start of the process to its ready line; a median. */
  readonly openMs: number;
  /** The largest of three: after the start, after the reads of streams, after the read of `$all`. */
  readonly rssAnonMb: number;
  /** On disk. */
  readonly bytesPerEvent: number;
  /** Data, metadata, type, stream name and id of an event. */
  readonly rawBytesPerEvent: number;
}

/** About two minutes. */
export const fullScale: ScaleSettings = {
  events: 5_000_000,
  streams: 1_000_000,
  streamsRead: 10_000,
  eventsRead: 1_000_000,
};

/** About ten seconds. */
export const quickScale: ScaleSettings = {
  events: 200_000,
  streams: 40_000,
  streamsRead: 2_000,
  eventsRead: 100_000,
};

const starts = 3;
const eventsPerWrite = 20_000;
const readsAtOnce = 16;

/** @param dataDir gets a folder `scale`, which is removed at the end */
export async function measureScale(
  { events, streams, streamsRead, eventsRead }: ScaleSettings,
  dataDir: string,
  report: (line: string) => void,
): Promise<ScaleFigures> {
  const folder = join(dataDir, 'scale');
  try {
    const rawBytes = await fill(folder, events, streams);
    const bytes = statSync(join(folder, 'data.mdb')).blocks * 512;
    report(`scale: ${events} events in ${streams} streams: ${bytes} bytes on disk, ${rawBytes} as they are`);
    const start = (): Promise<Program> =>
      startAloneEventStore('scale', 'libs/eventstore-server/src/main.js', dataDir, ['--data', folder, '--port', '0']);
    const openMs: number[] = [];
    for (let n = 1; n < starts; n += 1) {
      const { ms, result } = await timed(start);
      openMs.push(ms);
      await result.stop();
    }
    const { ms, result: server } = await timed(start);
    openMs.push(ms);
    const memory = [anonymousMemoryOf(server.pid)];
    const client = EventStoreDBClient.connectionString(server.url);
    await readStreams(client, streams, streamsRead, events / streams);
    memory.push(anonymousMemoryOf(server.pid));
    await readAll(client, eventsRead);
    memory.push(anonymousMemoryOf(server.pid));
    await client.dispose();
    await server.stop();
    report(
      `scale: open after ${openMs.map(Math.round).join(', ')} ms; RssAnon ${memory.map(Math.round).join(', ')} MB ` +
        `after the start, ${streamsRead} streams and ${eventsRead} events of $all`,
    );
    return {
      openMs: median(openMs),
      rssAnonMb: Math.max(...memory),
      bytesPerEvent: bytes / events,
      rawBytesPerEvent: rawBytes / events,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Round by round an event for each stream. Answers the bytes of what is stored. */
async function fill(folder: string, events: number, streams: number): Promise<number> {
  const storage = new Storage(folder, { durable: false });
  const data = Buffer.from(JSON.stringify(sampleEvent.data));
  const metadata = Buffer.from(JSON.stringify(sampleEvent.metadata));
  const created = Date.now();
  let position = storage.end;
  let rawBytes = 0;
  for (let first = 0; first < events; first += eventsPerWrite) {
    const ids = randomBytes(16 * eventsPerWrite);
    const page: StoredEvent[] = [];
    const records: Buffer[] = [];
    for (let n = first; n < Math.min(first + eventsPerWrite, events); n += 1) {
      const id = ids.subarray(16 * (n - first), 16 * (n - first + 1));
      const [stream, revision] = [nameOf(n % streams), Math.floor(n / streams)];
      const event = { position, stream, revision, id, type: sampleEvent.type, isJson: true, created, metadata, data };
      const record = encodeEvent(event);
      page.push(event);
      records.push(record);
      position += record.length;
      rawBytes += data.length + metadata.length + stream.length + event.type.length + id.length;
    }
    await storage.write(page, records, position);
  }
  await storage.close();
  return rawBytes;
}

/** As long as the names that Keiyaku gives its streams. */
function nameOf(stream: number): string {
  return `contract-01980f3c-7c1e-7f6a-9d1b-${stream.toString(16).padStart(12, '0')}`;
}

async function readStreams(client: EventStoreDBClient, streams: number, count: number, each: number): Promise<void> {
  let left = count;
  const read = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      const name = nameOf(Math.floor(Math.random() * streams));
      await expectEvents(client.readStream(name), each, name);
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, read));
}

async function readAll(client: EventStoreDBClient, count: number): Promise<void> {
  await expectEvents(client.readAll({ maxCount: count }), count, '$all');
}

async function expectEvents(events: AsyncIterable<unknown>, expected: number, name: string): Promise<void> {
  let count = 0;
  for await (const _ of events) count += 1;
  if (count !== expected) throw new Error(`${name} has ${count} events in place of ${expected}.`);
}

/** In megabytes: what the process alone holds. The pages of LMDB's file are the kernel's to keep or drop. */
function anonymousMemoryOf(pid: number): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`The memory of process ${pid} can't be read from /proc.`);
  return Number(kilobytes) / 1024;
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const begun = performance.now();
  const result = await work();
  return { ms: performance.now() - begun, result };
}
