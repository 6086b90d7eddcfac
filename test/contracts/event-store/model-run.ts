import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  BACKWARDS,
  END,
  FORWARDS,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import type { AppendResult, EventStoreDBClient, ReadRevision } from '@eventstore/db-client';
import type { NamedRevision, Operation } from './random-operations.js';
import { collect, newEvent } from './server-under-test.js';
import { type Expected, type ModelOutcome, type ModelRead, StreamModel } from './stream-model.js';

/** Places that a run may restart its server at. */
export interface ModelledServer {
  readonly client: EventStoreDBClient;
  /** Undefined: this server cannot be restarted. */
  readonly restart: (() => Promise<void>) | undefined;
}

interface SentAppend {
  readonly stream: number;
  readonly ids: readonly string[];
  readonly expected: Expected;
}

/** One sequence of operations, done to a server and to the model, with streams of its own. */
export class ModelRun {
  readonly #prefix = `model${randomUUID().replaceAll('-', '')}`;
  readonly #ids: string[] = [];
  readonly #models = new Map<number, StreamModel>();
  readonly #sent: SentAppend[] = [];
  /** Every event in the order in which it was written, and where the server says that it is. */
  readonly #log: { stream: string; id: string; revision: number; commit: bigint | undefined }[] = [];
  #start: bigint | undefined;

  constructor(private readonly server: ModelledServer) {}

  async do(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'append': {
        const { stream, ids, expected } = operation;
        await this.#append({ stream, ids: ids.map((id) => this.#id(id)), expected: this.#expected(stream, expected) });
        return;
      }
      case 'repeat': {
        const before = this.#sent[operation.which % Math.max(this.#sent.length, 1)];
        if (before === undefined) return;
        const { expected } = operation;
        await this.#append(
          expected === undefined ? before : { ...before, expected: this.#expected(before.stream, expected) },
        );
        return;
      }
      case 'read':
        await this.#read(operation);
        return;
      case 'readAll':
        await this.readAll();
        return;
      case 'restart':
        await this.#restart();
    }
  }

  async #append(append: SentAppend): Promise<void> {
    const { stream, ids, expected } = append;
    const model = this.#model(stream);
    const before = model.last;
    const wanted = model.append(expected, ids);
    this.#sent.push(append);
    const events = ids.map((id) => newEvent({}, 'tested', id));
    const result = await outcomeOf(
      this.server.client.appendToStream(this.#name(stream), events, { expectedRevision: expected }),
    );
    deepStrictEqual(result.outcome, wanted);
    for (let revision = before + 1; revision <= model.last; revision += 1) {
      this.#log.push({ stream: this.#name(stream), id: model.ids[revision]!, revision, commit: undefined });
    }
    if (wanted.kind !== 'success') return;
    const { commit } = result.position!;
    const last = this.#log.find((event) => event.stream === this.#name(stream) && event.revision === wanted.revision)!;
    // A repeat is told where its event was put the first time.
    strictEqual(commit, last.commit ?? commit);
    last.commit = commit;
    this.#start ??= commit;
  }

  async #read({ stream, direction, from, count }: Operation & { kind: 'read' }): Promise<void> {
    const model = this.#model(stream);
    const wanted = model.read(direction, from === 'start' ? 0 : from === 'end' ? undefined : from, count);
    const fromRevision: ReadRevision = from === 'start' ? START : from === 'end' ? END : BigInt(from);
    const events = this.server.client.readStream(this.#name(stream), {
      direction: direction === 'forwards' ? FORWARDS : BACKWARDS,
      fromRevision,
      maxCount: count,
    });
    let got: ModelRead;
    try {
      const recorded = (await collect(events)).map(({ event }) => event!);
      deepStrictEqual(
        recorded.map(({ id }) => id),
        recorded.map(({ revision }) => model.ids[Number(revision)]),
      );
      got = { kind: 'events', revisions: recorded.map(({ revision }) => Number(revision)) };
    } catch (error) {
      if (error instanceof StreamNotFoundError) got = { kind: 'not found' };
      else if (error instanceof StreamDeletedError) got = { kind: 'deleted' };
      else throw error;
    }
    deepStrictEqual(got, wanted);
  }

  /** In both directions: what was written, in the order in which it was acknowledged. */
  async readAll(): Promise<void> {
    if (this.#start === undefined) return;
    const { client } = this.server;
    // The answer names the last event of the first append; the ones before it are looked at from the other side.
    const start = { commit: this.#start, prepare: this.#start };
    const forwards = await this.#own(client.readAll({ fromPosition: start }));
    // Others may write to the same server meanwhile.
    const maxCount = 4 * this.#log.length + 500;
    const backwards = await this.#own(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount }));
    const written = this.#log.map(({ stream, id, revision }) => ({ stream, id, revision }));
    deepStrictEqual(
      backwards.map(({ stream, id, revision }) => ({ stream, id, revision })),
      written.toReversed(),
    );
    deepStrictEqual(forwards, backwards.slice(0, forwards.length).toReversed());
    strictEqual(forwards[0]?.commit, this.#start);
    for (const [index, { commit }] of this.#log.toReversed().entries()) {
      if (commit !== undefined) strictEqual(backwards[index]!.commit, commit);
    }
  }

  async #own(events: ReturnType<EventStoreDBClient['readAll']>) {
    const own = [];
    for await (const { event } of events) {
      if (event?.streamId.startsWith(this.#prefix) !== true || event.type !== 'tested') continue;
      const { streamId: stream, id, revision, position } = event;
      own.push({ stream, id, revision: Number(revision), commit: position.commit });
    }
    return own;
  }

  async #restart(): Promise<void> {
    if (this.server.restart === undefined) return;
    await this.server.restart();
    for (const model of this.#models.values()) model.restarted();
  }

  #expected(stream: number, named: NamedRevision): Expected {
    if (typeof named === 'string') return named;
    const number = 'at' in named ? named.at : this.#model(stream).last + named.beside;
    return number < 0 ? 'no_stream' : BigInt(number);
  }

  #model(stream: number): StreamModel {
    const model = this.#models.get(stream) ?? new StreamModel();
    this.#models.set(stream, model);
    return model;
  }

  #name(stream: number): string {
    return `${this.#prefix}-${stream}`;
  }

  #id(index: number): string {
    return (this.#ids[index] ??= randomUUID());
  }
}

async function outcomeOf(
  append: Promise<AppendResult>,
): Promise<{ outcome: ModelOutcome; position?: { commit: bigint } | undefined }> {
  try {
    const { nextExpectedRevision, position } = await append;
    return { outcome: { kind: 'success', revision: Number(nextExpectedRevision) }, position };
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return { outcome: { kind: 'conflict' } };
    if (error instanceof StreamDeletedError) return { outcome: { kind: 'deleted' } };
    throw error;
  }
}
