import { type EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { Random } from '../faults/random.js';
import type { Attempt } from './check.js';
import { type EventIds, isAway } from './writer.js';

const mostEvents = 6;
const chanceOf = { metadata: 0.06, delete: 0.04, tombstone: 0.02 } as const;

/** Fills streams of its own, and gives a scavenge something to do: limits, deletes and tombstones. */
export class Churner {
  readonly attempts: Attempt[] = [];
  answers = 0;
  readonly findings: string[] = [];
  /** By stream: what lies below this number may go. */
  readonly mayBeGone = new Map<string, number>();
  #streams = 0;
  #revision = -1;
  /** The smallest that the stream ever had. */
  #maxCount = Infinity;

  constructor(
    private readonly name: string,
    private readonly ids: EventIds,
    private readonly random: Random,
  ) {}

  async work(client: EventStoreDBClient, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#step(client);
        this.answers += 1;
      } catch (error) {
        if (!isAway(error)) this.findings.push(`lost: a write to ${this.#stream} got ${String(error)}`);
        // What came of it is not known, so that this stream is left as it is.
        this.#begin();
        if (isAway(error)) return;
      }
    }
  }

  async #step(client: EventStoreDBClient): Promise<void> {
    const stream = this.#stream;
    const dice = this.random();
    if (this.#revision < 0 || dice > chanceOf.metadata + chanceOf.delete + chanceOf.tombstone) {
      await this.#append(client, stream);
    } else if (dice < chanceOf.metadata) {
      const maxCount = 1 + Math.floor(this.random() * 20);
      this.#maxCount = Math.min(this.#maxCount, maxCount);
      this.#mayGo(this.#revision + 1 - this.#maxCount);
      await client.setStreamMetadata(stream, { maxCount });
    } else if (dice < chanceOf.metadata + chanceOf.delete) {
      this.#mayGo(this.#revision + 1);
      await client.deleteStream(stream, { expectedRevision: BigInt(this.#revision) });
    } else {
      this.#mayGo(Infinity);
      await client.tombstoneStream(stream);
      this.#begin();
    }
  }

  async #append(client: EventStoreDBClient, stream: string): Promise<void> {
    const ids = Array.from({ length: 1 + Math.floor(this.random() * mostEvents) }, () => this.ids.next());
    const attempt: Attempt = { stream, ids };
    this.attempts.push(attempt);
    this.#mayGo(this.#revision + 1 + ids.length - this.#maxCount);
    const { nextExpectedRevision, position } = await client.appendToStream(
      stream,
      ids.map((id) => jsonEvent({ id, type: 'churned', data: { text: 'x'.repeat(200) } })),
      { expectedRevision: this.#revision < 0 ? 'no_stream' : BigInt(this.#revision) },
    );
    attempt.answer = { revision: Number(nextExpectedRevision), position: position!.commit };
    this.#revision = attempt.answer.revision;
  }

  get #stream(): string {
    return `${this.name}-${this.#streams}`;
  }

  /** Said before it is asked for: an answer may never come. */
  #mayGo(below: number): void {
    if (below > (this.mayBeGone.get(this.#stream) ?? 0)) this.mayBeGone.set(this.#stream, below);
  }

  #begin(): void {
    this.#streams += 1;
    this.#revision = -1;
    this.#maxCount = Infinity;
  }
}
