/**
 * Copies of the log in one file: `keiyaku log 2`, then each record with its position (6 bytes) and its length (4 bytes)
 * before it. Copies that begin with `keiyaku log 1` have no positions: each of their records begins where the one before
 * it ends, as in every log from which nothing was ever removed.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { logFile } from './log-file.js';
import { Storage, firstPosition } from './storage.js';
import { type StoredEvent, decodeEvent, encodeEvent } from './stored-event.js';
import { uuidFromBytes } from './uuid.js';

const header = Buffer.from('keiyaku log 2\n');
const headerWithoutPositions = Buffer.from('keiyaku log 1\n');
const positionBytes = 6;
const lengthBytes = 4;
/** Larger than any event that the server takes. */
const maxRecordBytes = 64 * 1024 * 1024;
const batchEvents = 4_096;
const batchBytes = 8 * 1024 * 1024;

/** What stands in a copy. */
export interface LogSummary {
  readonly events: number;
  /** Position of the last event, decimal; -1 without events. */
  readonly head: string;
  /** Of the first event that is none of the store's own: by it consumers know their log. */
  readonly firstEventId?: string;
  readonly lastEventId?: string;
}

/**
 * Copies the log in a data folder as it is at this moment, also while a server writes and scavenges it: so the copy
 * holds every event that was acknowledged before.
 * @throws Error when the folder holds no log, or a broken one
 */
export async function exportLog(folder: string, write: (chunk: Buffer) => void): Promise<LogSummary> {
  if (!existsSync(join(folder, logFile))) throw new Error(`${folder} holds no log.`);
  const storage = new Storage(folder, { durable: true, readOnly: true });
  try {
    // No turn of the event loop ends in here, so that LMDB reads everything in one transaction. Between two of them a
    // scavenge might remove an event for the sake of one that comes after the end.
    const { end } = storage;
    const summary = new Summary();
    write(header);
    for (let at = firstPosition; at < end; at = summary.end) {
      const page = storage.pageOfAll(at, false);
      if (page.length === 0) throw new Error(`The log in ${folder} has nothing between ${at} and its end.`);
      const chunks: Buffer[] = [];
      for (const event of page) {
        const record = encodeEvent(event);
        summary.add(event, record);
        const place = Buffer.allocUnsafe(positionBytes + lengthBytes);
        place.writeUIntBE(event.position, 0, positionBytes);
        place.writeUInt32BE(record.length, positionBytes);
        chunks.push(place, record);
      }
      write(Buffer.concat(chunks));
    }
    return summary.value;
  } finally {
    await storage.close();
  }
}

/**
 * Makes a data folder from a copy.
 * @param folder must be empty or missing
 * @throws Error when the copy is broken
 */
export async function importLog(file: string, folder: string): Promise<LogSummary> {
  const storage = new Storage(folder, { durable: true });
  const summary = new Summary();
  let events: StoredEvent[] = [];
  let records: Buffer[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    await storage.write(events, records, summary.end);
    [events, records, bytes] = [[], [], 0];
  };
  try {
    for await (const { position, record } of recordsIn(file)) {
      const event = decodeEvent(position ?? summary.end, record);
      summary.add(event, record);
      events.push(event);
      records.push(record);
      bytes += record.length;
      if (events.length >= batchEvents || bytes >= batchBytes) await flush();
    }
    await flush();
    return summary.value;
  } finally {
    await storage.close();
  }
}

async function* recordsIn(file: string): AsyncGenerator<{ position: number | undefined; record: Buffer }> {
  const broken = (what: string): Error => new Error(`${file} is no copy of a log: ${what}.`);
  let rest: Buffer = Buffer.alloc(0);
  let placeBytes: number | undefined;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (placeBytes === undefined) {
      if (rest.length < header.length) continue;
      at = header.length;
      const found = rest.subarray(0, at);
      if (found.equals(header)) placeBytes = positionBytes;
      else if (found.equals(headerWithoutPositions)) placeBytes = 0;
      else throw broken('it begins differently');
    }
    while (rest.length - at >= placeBytes + lengthBytes) {
      const length = rest.readUInt32BE(at + placeBytes);
      if (length > maxRecordBytes) throw broken(`a record of ${length} bytes`);
      const begin = at + placeBytes + lengthBytes;
      if (begin + length > rest.length) break;
      const position = placeBytes === 0 ? undefined : rest.readUIntBE(at, placeBytes);
      yield { position, record: rest.subarray(begin, begin + length) };
      at = begin + length;
    }
    rest = rest.subarray(at);
  }
  if (placeBytes === undefined || rest.length > 0) throw broken('it ends too early');
}

/** Counts what passes, and sees that no event begins before the one before it ends. */
class Summary {
  end = firstPosition;
  private events = 0;
  private head = -1;
  private first: string | undefined;
  private last: string | undefined;

  add({ id, position, type }: StoredEvent, { length }: Buffer): void {
    if (position < this.end) {
      throw new Error(`The log has an event at ${position}, but the one before it ends at ${this.end}.`);
    }
    this.last = uuidFromBytes(id);
    if (!type.startsWith('$')) this.first ??= this.last;
    this.head = position;
    this.events += 1;
    this.end = position + length;
  }

  get value(): LogSummary {
    const { events, head, first, last } = this;
    return {
      events,
      head: String(head),
      ...(first !== undefined && { firstEventId: first }),
      ...(last !== undefined && { lastEventId: last }),
    };
  }
}
