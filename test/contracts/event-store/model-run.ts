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
import type { AppendResult, DeleteResult, EventStoreDBClient, ReadRevision } from '@eventstore/db-client';
import type { NamedRevision, Operation } from './random-operations.js';
import { collect, newEvent } from './server-under-test.js';
import { type Expected, type ModelMetadata, type ModelOutcome, type ModelRead, StreamModel } from './stream-model.js';

/** A server, and what can be done to it besides calls; undefined: not to this one. */
export interface ModelledServer {
  readonly client: EventStoreDBClient;
  readonly restart?: () => Promise<void>;
  /** Resolves when it is through. */
  readonly scavenge?: () => Promise<void>;
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
  #log: { stream: string; id: string; revision: number; commit: bigint | undefined }[] = [];

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
      case 'delete': {
        const { stream, expected, forEver } = operation;
        await this.#delete(stream, this.#expected(stream, expected), forEver);
        return;
      }
      case 'setMetadata':
        await this.#setMetadata(operation.stream, operation.metadata);
        return;
      case 'readAll':
        await this.readAll();
        return;
      case 'scavenge':
        await this.#scavenge();
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
    const last = this.#log.find((event) => event.stream === this.#name(stream) && event.revision === wanted.revision);
    // A repeat is told where its event was put the first time, as long as it is there.
    if (last === undefined) return;
    const { commit } = result.position!;
    strictEqual(commit, last.commit ?? commit);
    last.commit = commit;
  }

  async #delete(stream: number, expected: Exclude<Expected, 'stream_exists'>, forEver: boolean): Promise<void> {
    const wanted = this.#model(stream).delete(expected, forEver);
    const { client } = this.server;
    const options = { expectedRevision: expected };
    const name = this.#name(stream);
    const { outcome } = await outcomeOf(
      forEver ? client.tombstoneStream(name, options) : client.deleteStream(name, options),
    );
    deepStrictEqual(outcome.kind, wanted.kind);
  }

  async #setMetadata(stream: number, metadata: ModelMetadata): Promise<void> {
    const wanted = this.#model(stream).setMetadata(metadata);
    const { outcome } = await outcomeOf(this.server.client.setStreamMetadata(this.#name(stream), metadata));
    deepStrictEqual(outcome.kind, wanted.kind);
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
    const from = this.#log.findIndex(({ commit }) => commit !== undefined);
    const start = this.#log[from]?.commit;
    if (start === undefined) return;
    const { client } = this.server;
    const forwards = await this.#own(client.readAll({ fromPosition: { commit: start, prepare: start } }));
    // Others may write to the same server meanwhile.
    const maxCount = 4 * this.#log.length + 500;
    const backwards = await this.#own(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount }));
    const written = this.#log.map(({ stream, id, revision }) => ({ stream, id, revision }));
    deepStrictEqual(
      backwards.map(({ stream, id, revision }) => ({ stream, id, revision })),
      written.toReversed(),
    );
    deepStrictEqual(forwards, backwards.toReversed().slice(from));
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

  async #scavenge(): Promise<void> {
    if (this.server.scavenge === undefined) return;
    await this.server.scavenge();
    for (const [stream, model] of this.#models) {
      const gone = new Set(model.scavenge());
      const name = this.#name(stream);
      this.#log = this.#log.filter((event) => event.stream !== name || !gone.has(event.revision));
    }
  }

  #expected<Named extends NamedRevision>(stream: number, named: Named): Extract<Named, string> | 'no_stream' | bigint {
    const number = typeof named === 'string' ? named : numberOf(named, this.#model(stream).last);
    if (typeof number === 'string') return number as Extract<Named, string>;
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

function numberOf(named: Exclude<NamedRevision, string>, last: number): number {
  return 'at' in named ? named.at : last + named.beside;
}

/** Of a write of any kind; those that answer no revision get 0. */
async function outcomeOf(
  write: Promise<Partial<AppendResult> | DeleteResult>,
): Promise<{ outcome: ModelOutcome; position?: { commit: bigint } | undefined }> {
  try {
    const result = await write;
    const revision = 'nextExpectedRevision' in result ? Number(result.nextExpectedRevision) : 0;
    return { outcome: { kind: 'success', revision }, position: result.position };
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return { outcome: { kind: 'conflict' } };
    if (error instanceof StreamDeletedError) return { outcome: { kind: 'deleted' } };
    throw error;
  }
}
