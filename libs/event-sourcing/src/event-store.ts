import {
  BACKWARDS,
  END,
  type AllStreamResolvedEvent,
  DeadlineExceededError,
  type EventStoreDBClient,
  TimeoutError,
  type RecordedEvent as StoredEvent,
  NotLeaderError,
  type ResolvedEvent,
  START,
  StreamNotFoundError,
  excludeSystemEvents,
} from '@eventstore/db-client';
import { AppendCall, type Appended } from './append-call.js';
import { Availability } from './availability.js';
import { chunksOf } from './chunks.js';
import { iterate, leave } from './client-stream.js';
import { EventStoreUnavailable, type LogReplaced } from './errors.js';
import type { NewEvent, RecordedEvent } from './event.js';
import { BadConnectionString, openEventStoreClient } from './event-store-client.js';
import { type LogEntry, type StreamEntry, toEntry, toRecorded, toStreamEntry } from './log-entry.js';
import { type OpenOptions, PersonalData } from './personal-data.js';

/** Somebody else appended first. */
export class LostRace extends Error {
  constructor(readonly stream: string) {
    super(`${stream} changed meanwhile.`);
    this.name = 'LostRace';
  }
}

/** Knows whether the log is still the one that this process has read. */
export interface LogGuard {
  /** Set once it is another one. */
  readonly replaced: LogReplaced | undefined;
  /**
   * Makes sure of it; undefined when there is no doubt.
   * @throws LogReplaced, EventStoreUnavailable
   */
  confirm(): Promise<void> | undefined;
}

/**
 * The event store through its official client, in the kernel's words.
 * Every method throws EventStoreUnavailable when the store can't be reached or gives no answer in time.
 */
export class EventStore {
  private readonly appends: AppendCall;
  private guard: LogGuard | undefined;
  private readonly availability = new Availability();

  private constructor(
    private readonly client: EventStoreDBClient,
    /** Seals what is appended and opens what was read from the whole log. */
    readonly personal: PersonalData,
  ) {
    this.appends = new AppendCall(client);
  }

  /**
   * @param url like `esdb://127.0.0.1:2113?tls=false`
   * @throws Error that says what is wrong with it, without what it holds
   */
  static connect(url: string, personal = new PersonalData()): EventStore {
    try {
      return new EventStore(openEventStoreClient(url), personal);
    } catch (error) {
      if (!(error instanceof BadConnectionString)) throw error;
      throw new Error(`EVENTSTORE_URL ${error.message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.client.dispose();
  }

  /** From now on nothing is appended to a log of which the guard does not know that it is the same one. */
  guardWith(guard: LogGuard): void {
    this.guard = guard;
  }

  /** @throws LogReplaced when this process has seen that the log is another one now: what it knows does not count */
  demandSameLog(): void {
    if (this.guard?.replaced) throw this.guard.replaced;
  }

  /**
   * Appends all events or none.
   * @param expected revision of the stream's last event, -1 when there must be no stream
   * @throws LostRace when the stream is at another revision, LogReplaced
   */
  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: number,
  ): Promise<{ revision: number; position: bigint }> {
    const doubt = this.guard?.confirm();
    if (doubt) await doubt;
    const tell = this.availability.ask();
    let appended: Appended;
    try {
      appended = await this.appends.append(stream, events, expected);
      tell();
    } catch (error) {
      const problem = translated(error);
      tell(problem);
      throw problem;
    }
    if (appended === 'lost_race') throw new LostRace(stream);
    return appended;
  }

  /**
   * Reads a stream forwards, with its personal values; a stream that does not exist has no events.
   * @param options `addresses`: with the actors' addresses as well
   * @throws UnreadableEvent, SubjectKeysUnavailable
   */
  async *readStream(stream: string, fromRevision = 0, options?: OpenOptions): AsyncGenerator<RecordedEvent> {
    const tell = this.availability.ask();
    let problem: unknown;
    try {
      const events = this.client.readStream(stream, { fromRevision: BigInt(fromRevision) });
      for await (const { event } of iterate(events, () => events.cancel())) {
        if (!event?.isJson) continue;
        const opened = this.personal.openOne(toRecorded(event as StoredEvent), options);
        yield opened instanceof Promise ? await opened : opened;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError) return;
      problem = translated(error);
      throw problem;
    } finally {
      tell(problem);
    }
  }

  /** Reads up to `limit` entries of the log that stand after a position, without the store's own events. */
  async readLog(after: bigint | undefined, limit: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    try {
      const events = this.client.readAll({
        fromPosition: after === undefined ? START : { commit: after, prepare: after },
        // The log is read from a position inclusively.
        maxCount: after === undefined ? limit : limit + 1,
      });
      for await (const { event } of iterate(events, () => events.cancel())) {
        if (event && event.position.commit !== after) entries.push(toEntry(event));
      }
    } catch (error) {
      throw translated(error);
    }
    return entries;
  }

  /**
   * Follows the log from a position (exclusive) for ever, without the store's own events; what arrives together
   * comes together. Ends by throwing EventStoreUnavailable when the subscription drops; the caller opens it again from the
   * last position that it got.
   */
  async *follow(after: bigint | undefined, signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    const subscription = this.client.subscribeToAll({
      fromPosition: after === undefined ? START : { commit: after, prepare: after },
      filter: excludeSystemEvents(),
    });
    try {
      for await (const chunk of chunksOf<AllStreamResolvedEvent>(subscription, signal)) {
        yield chunk.flatMap(({ event }) => (event ? [toEntry(event)] : []));
      }
    } catch (error) {
      throw translated(error);
    } finally {
      await leave(subscription, () => subscription.unsubscribe());
    }
    if (!signal.aborted) throw new EventStoreUnavailable(new Error('The subscription ended.'));
  }

  /**
   * Follows one stream from a revision (exclusive) for ever, whoever appends to it, also before there is one; what
   * arrives together comes together. Ends like `follow`.
   */
  async *followStream(
    stream: string,
    after: bigint | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamEntry[]> {
    const subscription = this.client.subscribeToStream(stream, { fromRevision: after ?? START });
    try {
      for await (const chunk of chunksOf<ResolvedEvent>(subscription, signal)) {
        yield chunk.flatMap(({ event }) => (event ? [toStreamEntry(event)] : []));
      }
    } catch (error) {
      throw translated(error);
    } finally {
      await leave(subscription, () => subscription.unsubscribe());
    }
    if (!signal.aborted) throw new EventStoreUnavailable(new Error('The subscription ended.'));
  }

  /** One event of a stream, whoever appended it; undefined where there is none. */
  async entryOf(stream: string, revision: bigint): Promise<StreamEntry | undefined> {
    try {
      const found = this.client.readStream(stream, { fromRevision: revision, maxCount: 1 });
      for await (const { event } of iterate(found, () => found.cancel())) {
        if (event?.revision === revision) return toStreamEntry(event);
      }
      return undefined;
    } catch (error) {
      if (error instanceof StreamNotFoundError) return undefined;
      throw translated(error);
    }
  }

  /**
   * Reads the log once, up to a position (inclusive) or its end, without the store's own events; the pages are
   * as they come, and `position` says up to where a page has seen everything.
   */
  async *scan(after: bigint, upTo: bigint, page: number): AsyncGenerator<{ entries: LogEntry[]; position: bigint }> {
    const start = after < 0n ? START : { commit: after, prepare: after };
    let entries: LogEntry[] = [];
    let position = after;
    try {
      const events = this.client.readAll({ fromPosition: start });
      for await (const { event } of iterate(events, () => events.cancel())) {
        if (!event || event.position.commit <= after) continue;
        if (event.position.commit > upTo) break;
        position = event.position.commit;
        entries.push(toEntry(event));
        if (entries.length < page) continue;
        yield { entries, position };
        entries = [];
      }
    } catch (error) {
      throw translated(error);
    }
    if (entries.length > 0) yield { entries, position };
  }

  /**
   * What tells this log from every other one: the id of its first event. Undefined while it holds none.
   * The store's own events are no mark: a cluster writes them anew.
   */
  async identity(): Promise<string | undefined> {
    try {
      // A store that ran idle for long has its own events first.
      const first = this.client.readAll({ fromPosition: START });
      for await (const { event } of iterate(first, () => first.cancel())) {
        if (event && !event.type.startsWith('$')) return event.id;
      }
      return undefined;
    } catch (error) {
      throw translated(error);
    }
  }

  /** Id of the event that begins at a position; undefined where none does, or where one of the store's own stands. */
  async eventIdAt(position: bigint): Promise<string | undefined> {
    try {
      const found = this.client.readAll({ fromPosition: { commit: position, prepare: position }, maxCount: 1 });
      for await (const { event } of iterate(found, () => found.cancel())) {
        if (event?.position.commit === position && !event.type.startsWith('$')) return event.id;
      }
      return undefined;
    } catch (error) {
      if (codeOf(error) === 2 && positionRefused.test(String(error))) return undefined;
      throw translated(error);
    }
  }

  /** Position of the newest event, -1 in an empty log. */
  async head(): Promise<bigint> {
    return this.newest(1, () => true);
  }

  /** The same without the store's own events, which no consumer sees; -1 where the newest 1,000 are all such. */
  async headOfConsumers(): Promise<bigint> {
    return this.newest(1_000, (type) => !type.startsWith('$'));
  }

  private async newest(maxCount: number, wanted: (type: string) => boolean): Promise<bigint> {
    try {
      const newest = this.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount });
      for await (const { event } of iterate(newest, () => newest.cancel())) {
        if (event && wanted(event.type)) return event.position.commit;
      }
      return -1n;
    } catch (error) {
      throw translated(error);
    }
  }
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED, ABORTED (the server's own time-out) and UNAVAILABLE. */
const awayCodes: readonly unknown[] = [1, 4, 10, 14];
/** What the store says where no event begins at a position; it says UNKNOWN to much else, like "no leader". */
const positionRefused = /Unexpected ReadAllResult/;

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** INTERNAL says much else too; what a connection leaves behind that broke under its calls is told by the message alone. */
const brokenConnection = /Session closed with error code/;

/** Not every error of a dropped connection comes wrapped in a class of the client, and not every class has a code. */
function translated(error: unknown): unknown {
  const late = error instanceof DeadlineExceededError || error instanceof TimeoutError;
  const broken = error instanceof Error && brokenConnection.test(error.message);
  const away = late || broken || error instanceof NotLeaderError || awayCodes.includes(codeOf(error));
  return away ? new EventStoreUnavailable(error) : error;
}
