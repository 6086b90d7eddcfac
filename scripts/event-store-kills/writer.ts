import { type EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { AppendExpectedRevision } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import type { Random } from '../faults/random.js';
import type { Attempt } from './check.js';

/** Streams to which every writer appends, whatever their revision is. */
export const sharedStreams = Array.from({ length: 8 }, (_, index) => `shared-${index}`);

const mostEvents = 12;
const mostBytes = 3_000;
/** A writer begins a new stream of its own after so many appends, on average. */
const appendsPerStream = 40;

interface Sending {
  readonly attempt: Attempt;
  readonly data: readonly string[];
  readonly expected: AppendExpectedRevision;
}

/**
 * Appends without a pause. Half of it goes to streams of the writer's own with the exact revision, and is sent again
 * until there is an answer; the rest goes to shared streams with any revision, once.
 */
export class Writer {
  readonly attempts: Attempt[] = [];
  answers = 0;
  readonly findings: string[] = [];
  #stream: string;
  #streams = 0;
  #revision = -1;
  #unanswered: Sending | undefined;

  constructor(
    private readonly name: string,
    private readonly ids: EventIds,
    private readonly random: Random,
  ) {
    this.#stream = `${name}-0`;
  }

  /** Until the signal comes or the server is gone. */
  async work(client: EventStoreDBClient, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sending = this.#unanswered ?? this.#next();
      const { attempt, data, expected } = sending;
      const events = attempt.ids.map((id, index) => jsonEvent({ id, type: 'kept', data: { text: data[index] } }));
      try {
        const { nextExpectedRevision, position } = await client.appendToStream(attempt.stream, events, {
          expectedRevision: expected,
        });
        attempt.answer = { revision: Number(nextExpectedRevision), position: position!.commit };
        this.answers += 1;
        this.#unanswered = undefined;
        if (attempt.stream === this.#stream) this.#revision = attempt.answer.revision;
      } catch (error) {
        // What the server did not answer is sent to the next one again when it names a revision.
        if (isAway(error)) return;
        this.findings.push(`lost: an append to ${attempt.stream} with ${String(expected)} got ${String(error)}`);
        this.#unanswered = undefined;
        this.#begin();
      }
    }
  }

  #next(): Sending {
    const own = this.random() < 0.5;
    if (own && this.random() < 1 / appendsPerStream) this.#begin();
    const stream = own ? this.#stream : sharedStreams[Math.floor(this.random() * sharedStreams.length)]!;
    const count = this.random() < 0.5 ? 1 : 1 + Math.floor(this.random() * mostEvents);
    const ids = Array.from({ length: count }, () => this.ids.next());
    const attempt: Attempt = { stream, ids };
    const data = ids.map(() => 'x'.repeat(Math.floor(this.random() ** 4 * mostBytes)));
    const revision = this.#revision < 0 ? 'no_stream' : BigInt(this.#revision);
    const sending: Sending = { attempt, data, expected: own ? revision : 'any' };
    this.attempts.push(attempt);
    if (own) this.#unanswered = sending;
    return sending;
  }

  #begin(): void {
    this.#streams += 1;
    this.#stream = `${this.name}-${this.#streams}`;
    this.#revision = -1;
  }
}

/** UUIDs that tell in a finding who sent the event, and when. */
export class EventIds {
  #sent = 0;

  constructor(
    private readonly client: number,
    private readonly writer: number,
  ) {}

  next(): string {
    this.#sent += 1;
    const digits = (value: number, length: number): string => value.toString(16).padStart(length, '0');
    return `${digits(this.client, 8)}-${digits(this.writer, 4)}-4000-8000-${digits(this.#sent, 12)}`;
  }
}

/** The server is gone, and whether it did what it was asked for is not known. */
export function isAway(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === status.UNAVAILABLE || code === status.CANCELLED;
}
