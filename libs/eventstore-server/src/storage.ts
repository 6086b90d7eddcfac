import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { logFile, makeWholeLog } from './log-file.js';
import { RecentMap } from './recent-map.js';
import { decodeEvent } from './stored-event.js';
import type { StoredEvent } from './stored-event.js';

/** Position 0 stays free: it means "the start" on the wire. */
export const firstPosition = 16;
export const formatVersion = '1';
const hashLength = 16;
const numberLength = 6;
const maxPageEvents = 256;
const maxPageBytes = 1024 * 1024;
const maxNumber = 2 ** 48 - 1;
/** Of what was written last, so much is kept in memory for those who follow the log. */
const mostTailBytes = 4 * 1024 * 1024;
/** For names of streams and what is known of them. */
const mostRememberedBytes = 4 * 1024 * 1024;
/** What an entry costs beside its name, roughly. */
const rememberedOverhead = 64;
/** An append asks for the same few hashes several times. */
const recentPrefixes = new RecentMap<Buffer>(mostRememberedBytes);
/**
 * Tells LMDB that the key is the largest: it then fills pages in place of halving them, which saves a sixth of the file.
 * Its types do not know that `put` takes options.
 */
const atTheEnd = { append: true } as unknown as number;

export interface StorageOptions {
  /** False: nothing is flushed, so that a throw-away log is quick. */
  readonly durable: boolean;
  /** True: looks at a log that a server may be writing, and changes nothing. */
  readonly readOnly?: boolean;
}

/**
 * The log in LMDB: `log` holds the events by position, `streams` the positions by stream and revision.
 * What is written becomes visible to readers only after the flush.
 */
export class Storage {
  readonly #root: RootDatabase<string, string>;
  readonly #log: Database<Buffer, number>;
  readonly #streams: Database<Buffer, Buffer>;
  readonly #durable: boolean;
  #end: number;
  /** What was written last, for those who follow the log: every readable event that begins after `#beforeTail`. */
  #tail: readonly StoredEvent[] = [];
  #beforeTail: number;
  /** Numbers of the last readable events of streams that were written or asked for lately. */
  readonly #lastRevisions = new RecentMap<number>(mostRememberedBytes);

  constructor(path: string, options: StorageOptions) {
    const { durable, readOnly = false } = options;
    this.#durable = durable;
    this.#root = open<string, string>({ path, noSubdir: false, noSync: !durable, readOnly, encoding: 'string' });
    this.#log = this.#root.openDB<Buffer, number>({ name: 'log', encoding: 'binary' });
    this.#streams = this.#root.openDB<Buffer, Buffer>({ name: 'streams', encoding: 'binary', keyEncoding: 'binary' });
    const found = this.#root.get('format') ?? formatVersion;
    if (found !== formatVersion) {
      throw new Error(
        `The data is of format ${found}, this server reads format ${formatVersion}: use the version that wrote it.`,
      );
    }
    const [last] = this.#log.getRange({ reverse: true, limit: 1 });
    this.#beforeTail = last?.key ?? 0;
    this.#end = last === undefined ? firstPosition : last.key + last.value.length;
  }

  /** Where the next event will begin; every readable event begins before it. */
  get end(): number {
    return this.#end;
  }

  /**
   * Writes all events or none of them; they lie on disk when the promise is fulfilled. `end` follows the last one.
   * @throws Error when the log is not the one that this process knows
   */
  async write(events: readonly StoredEvent[], records: readonly Buffer[], end: number): Promise<void> {
    if (events.length === 0) return;
    const first = events[0]!.position;
    const taken: Promise<boolean>[] = [];
    const put = (): void => {
      if (this.#end === firstPosition) void this.#root.put('format', formatVersion);
      events.forEach((event, index) => {
        taken.push(this.#log.put(event.position, records[index]!, atTheEnd));
        void this.#streams.put(streamKey(event.stream, event.revision), encodeNumber(event.position));
      });
    };
    if (this.#durable) {
      const committed = this.#log.ifNoExists(first, put);
      taken.push(committed);
      await Promise.all(taken);
      await this.#root.flushed;
    } else {
      // Without a flush to wait for, handing the work to another thread takes longer than the work.
      this.#root.transactionSync(() => {
        if (this.#log.doesExist(first)) taken.push(Promise.resolve(false));
        else put();
      });
    }
    if ((await Promise.all(taken)).includes(false)) {
      throw new Error(`The log goes on behind ${first} already: somebody else has written to it.`);
    }
    this.#end = end;
    this.#keepTail(events, records);
    for (const { stream, revision } of events) this.#rememberLast(stream, revision);
  }

  /** Takes events out for good, all or none; their places are used again for others, their positions never. */
  async remove(events: readonly StoredEvent[]): Promise<void> {
    this.#beforeTail = this.#lastPosition;
    this.#tail = [];
    await this.#root.batch(() => {
      for (const { position, stream, revision } of events) {
        void this.#log.remove(position);
        void this.#streams.remove(streamKey(stream, revision));
      }
    });
    await this.#root.flushed;
  }

  /**
   * Writes the log as it is at this moment into `folder`, without the free pages between its own, while others read
   * and write. The folder is made, and must not hold a log.
   */
  async copyTo(folder: string): Promise<void> {
    if (existsSync(join(folder, logFile))) throw new Error(`${folder} holds a log already: choose another folder.`);
    await makeWholeLog(folder, async (place) => {
      await this.#root.backup(place, true);
      await using copy = await openFile(join(place, logFile));
      await copy.sync();
    });
  }

  /** Names of all streams that have events, in no order that means anything; each when it is asked for. */
  *streamNames(): Generator<string> {
    let key: Buffer = Buffer.alloc(0);
    for (;;) {
      const [next] = this.#streams.getRange({ start: key, limit: 1 });
      if (next === undefined) return;
      const { stream } = this.#eventAt(decodeNumber(next.value));
      yield stream;
      // The tombstone has the largest number of all, so that nothing of this stream follows it.
      key = Buffer.concat([next.key.subarray(0, hashLength), Buffer.alloc(numberLength + 1, 0xff)]);
    }
  }

  /** A page of $all: forward from position `from` on, or backward from the last event before it. */
  pageOfAll(from: number, backwards: boolean, atMost = maxPageEvents): StoredEvent[] {
    if (!backwards && from >= this.#end) return [];
    if (!backwards && from > this.#beforeTail) {
      const first = this.#tail.findIndex(({ position }) => position >= from);
      return first < 0 ? [] : takePage(this.#tail.slice(first, first + Math.min(atMost, maxPageEvents)), atMost);
    }
    const range = backwards
      ? { start: Math.min(from, this.#end), exclusiveStart: true, reverse: true }
      : { start: from, end: this.#end };
    return takePage(
      this.#log.getRange(range).map(({ key, value }) => decodeEvent(key, value)),
      atMost,
    );
  }

  /** A page of one stream from revision `from`, inclusive, in either direction. */
  pageOfStream(stream: string, from: number, backwards: boolean, atMost = maxPageEvents): StoredEvent[] {
    if (from < 0 || from > maxNumber) return [];
    const prefix = streamPrefix(stream);
    const range = { start: numberedKey(prefix, from), end: backwards ? prefix : numberedKey(prefix, maxNumber) };
    const positions = this.#streams.getRange({ ...range, reverse: backwards }).map(({ value }) => decodeNumber(value));
    return takePage(
      positions.filter((position) => position < this.#end).map((position) => this.#eventAt(position)),
      atMost,
    );
  }

  /** Whether `position` is where an event begins or may have begun before it was removed, or the end of the log. */
  isBoundary(position: number): boolean {
    if (position === this.#end) return true;
    if (position < firstPosition || position > this.#end) return false;
    const [at] = this.#log.getRange({ start: position, reverse: true, limit: 1 });
    return at === undefined || at.key === position || at.key + at.value.length <= position;
  }

  positionOf(stream: string, revision: number): number | undefined {
    if (revision < 0) return undefined;
    const value = this.#streams.get(streamKey(stream, revision));
    return value && decodeNumber(value);
  }

  eventOf(stream: string, revision: number): StoredEvent | undefined {
    const position = this.positionOf(stream, revision);
    return position === undefined ? undefined : this.#eventAt(position);
  }

  /** Number of the last readable event of the stream, -1 when there is none. */
  lastRevision(stream: string): number {
    return this.#lastRevisions.get(stream) ?? this.#rememberLast(stream, this.#findLastRevision(stream));
  }

  get #lastPosition(): number {
    return this.#tail.at(-1)?.position ?? this.#beforeTail;
  }

  #keepTail(events: readonly StoredEvent[], records: readonly Buffer[]): void {
    let from = events.length;
    let room = mostTailBytes;
    for (; from > 0 && records[from - 1]!.length <= room; from -= 1) room -= records[from - 1]!.length;
    this.#beforeTail = from === 0 ? this.#lastPosition : events[from - 1]!.position;
    this.#tail = from === 0 ? events : events.slice(from);
  }

  #rememberLast(stream: string, revision: number): number {
    this.#lastRevisions.set(stream, revision, stream.length + rememberedOverhead);
    return revision;
  }

  #findLastRevision(stream: string): number {
    const prefix = streamPrefix(stream);
    const range = { start: numberedKey(prefix, maxNumber), end: prefix, reverse: true };
    for (const { key, value } of this.#streams.getRange(range)) {
      if (decodeNumber(value) < this.#end) return decodeNumber(key.subarray(hashLength));
    }
    return -1;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #eventAt(position: number): StoredEvent {
    const record = this.#log.get(position);
    if (record === undefined) throw new Error(`The log has no event at ${position}, but its index names one.`);
    return decodeEvent(position, record);
  }
}

/** Whole before anybody waits, so that no reader holds a transaction open; at least one event when there is one. */
function takePage(events: Iterable<StoredEvent>, atMost: number): StoredEvent[] {
  const mostEvents = Math.min(atMost, maxPageEvents);
  const page: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    page.push(event);
    bytes += event.data.length + event.metadata.length;
    if (page.length >= mostEvents || bytes >= maxPageBytes) break;
  }
  return page;
}

/** A hash, because names have any length and LMDB keys do not; 128 bits do not collide by chance. */
function streamPrefix(stream: string): Buffer {
  let prefix = recentPrefixes.get(stream);
  if (prefix === undefined) {
    prefix = hash('sha256', stream, 'buffer').subarray(0, hashLength);
    recentPrefixes.set(stream, prefix, stream.length + rememberedOverhead);
  }
  return prefix;
}

function streamKey(stream: string, revision: number): Buffer {
  return numberedKey(streamPrefix(stream), revision);
}

function numberedKey(prefix: Buffer, revision: number): Buffer {
  const key = Buffer.allocUnsafe(hashLength + numberLength);
  prefix.copy(key);
  key.writeUIntBE(revision, hashLength, numberLength);
  return key;
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(numberLength);
  bytes.writeUIntBE(value, 0, numberLength);
  return bytes;
}

function decodeNumber(bytes: Buffer): number {
  return bytes.readUIntBE(0, numberLength);
}
