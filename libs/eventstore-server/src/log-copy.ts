/** Copies of the log in one file: `keiyaku log 1`, then each record with its length (4 bytes) before it. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Storage, firstPosition, formatVersion } from './storage.js';
import { type StoredEvent, decodeEvent, encodeEvent } from './stored-event.js';
import { uuidFromBytes } from './uuid.js';

const header = Buffer.from(`keiyaku log ${formatVersion}\n`);
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
  readonly firstEventId?: string;
  readonly lastEventId?: string;
}

/**
 * Copies the log in a data folder, also while a server writes it: another process may look at the files at any time,
 * and what was once written is never changed. The copy ends where the log ended when it began, so it holds every
 * event that was acknowledged before.
 * @throws Error when the folder holds no log, or a broken one
 */
export async function exportLog(folder: string, write: (chunk: Buffer) => void): Promise<LogSummary> {
  if (!existsSync(join(folder, 'data.mdb'))) throw new Error(`${folder} holds no log.`);
  const storage = new Storage(folder, { durable: true, readOnly: true });
  try {
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
        const length = Buffer.allocUnsafe(lengthBytes);
        length.writeUInt32BE(record.length);
        chunks.push(length, record);
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
    for await (const record of recordsIn(file)) {
      const event = decodeEvent(summary.end, record);
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

async function* recordsIn(file: string): AsyncGenerator<Buffer> {
  const broken = (what: string): Error => new Error(`${file} is no copy of a log: ${what}.`);
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!started) {
      if (rest.length < header.length) continue;
      if (!rest.subarray(0, header.length).equals(header)) throw broken('it begins differently');
      started = true;
      at = header.length;
    }
    while (rest.length - at >= lengthBytes) {
      const length = rest.readUInt32BE(at);
      if (length > maxRecordBytes) throw broken(`a record of ${length} bytes`);
      const end = at + lengthBytes + length;
      if (end > rest.length) break;
      yield rest.subarray(at + lengthBytes, end);
      at = end;
    }
    rest = rest.subarray(at);
  }
  if (!started || rest.length > 0) throw broken('it ends too early');
}

/** Counts what passes, and sees that every event begins where the one before it ended. */
class Summary {
  end = firstPosition;
  private events = 0;
  private head = -1;
  private first: string | undefined;
  private last: string | undefined;

  add({ id, position }: StoredEvent, { length }: Buffer): void {
    if (position !== this.end) throw new Error(`The log has an event at ${position} that should begin at ${this.end}.`);
    this.last = uuidFromBytes(id);
    this.first ??= this.last;
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
