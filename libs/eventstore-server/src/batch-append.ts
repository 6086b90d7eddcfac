import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Access } from './access.js';
import type { AppendOptions, BatchAppendPart } from './batch-append-request.js';
import { accessDenied, badRequest, deadlineExceeded, failure, outcomeResponse } from './batch-append-response.js';
import { AppendTooBig, CallError, toCallError, unforeseen } from './errors.js';
import type { EventLog } from './event-log.js';
import type { ExpectedRevision } from './expected-revision.js';
import { ProposedEvents } from './proposed-events.js';
import { decodeUuid } from './uuid-message.js';

/** A batch append that has not come whole by then is given up, whatever deadline it asks for. */
const writeTimeoutMs = 2_000;
/** Appends of one call that are not answered yet. At this number nothing more is read from the connection. */
const mostUnanswered = 1_000;

type Call = ServerDuplexStream<BatchAppendPart, Buffer>;

interface OpenAppend {
  /** As the client wrote it. */
  readonly correlationId: Buffer;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly proposed: ProposedEvents;
  timer?: NodeJS.Timeout;
}

/** One long call per connection carries all its appends, in parts that name their append by correlation id. */
export function batchAppendHandler(log: EventLog, access: Access) {
  return (call: Call): void => new BatchAppendCall(log, access, call).start();
}

class BatchAppendCall {
  readonly #open = new Map<string, OpenAppend>();
  #unanswered = 0;
  #halfClosed = false;

  constructor(
    private readonly log: EventLog,
    private readonly access: Access,
    private readonly call: Call,
  ) {}

  start(): void {
    this.call.on('data', (part: BatchAppendPart) => this.#receive(part));
    this.call.on('end', () => {
      this.#halfClosed = true;
      this.#endWhenAnswered();
    });
    this.call.on('drain', () => this.#readOn());
    this.call.on('close', () => this.#forgetAll());
  }

  #receive(part: BatchAppendPart): void {
    const { correlationId, options } = part;
    try {
      const id = decodeUuid(correlationId);
      if (options !== undefined) this.#begin(id, correlationId!, options, part.isFinal);
      this.#addPart(id, part);
    } catch (error) {
      this.#refuse(part, error);
    }
  }

  #begin(id: string, correlationId: Buffer, options: AppendOptions, isFinal: boolean): void {
    if (this.#open.has(id)) return;
    const { stream, expected } = options;
    if (stream === undefined) throw unforeseen('The append names no stream.');
    if (!this.access.mayDo(this.call, 'write', stream)) return this.#answer(accessDenied(correlationId, stream));
    const timeoutMs = timeoutOf(options);
    if (timeoutMs <= 0) return this.#answer(deadlineExceeded(correlationId, stream));
    const append: OpenAppend = {
      correlationId,
      stream,
      expected: expected(),
      proposed: new ProposedEvents(),
    };
    if (!isFinal) {
      append.timer = setTimeout(() => {
        this.#open.delete(id);
        this.#answer(deadlineExceeded(correlationId, stream));
      }, timeoutMs);
    }
    this.#open.set(id, append);
  }

  /** A part of an append that is unknown, or was refused before, is passed over. */
  #addPart(id: string, { proposed, isFinal }: BatchAppendPart): void {
    const append = this.#open.get(id);
    if (append === undefined) return;
    for (const message of proposed) append.proposed.add(message);
    if (isFinal) {
      this.#forget(id);
      void this.#submit(append);
    }
  }

  async #submit({ correlationId, stream, expected, proposed }: OpenAppend): Promise<void> {
    this.#unanswered += 1;
    if (this.#unanswered === mostUnanswered) this.call.pause();
    let response: Buffer;
    try {
      const outcome = await this.log.append(stream, expected, proposed.events);
      response = outcomeResponse(correlationId, stream, outcome, expected);
    } catch (error) {
      response = failure(correlationId, stream, toCallError(error));
    }
    this.#unanswered -= 1;
    this.#answer(response);
    if (this.#unanswered === mostUnanswered - 1) this.#readOn();
    this.#endWhenAnswered();
  }

  #refuse({ correlationId, options }: BatchAppendPart, error: unknown): void {
    const refusal = toCallError(error);
    const id = correlationId && decodedOrUndefined(correlationId);
    const known = id === undefined ? undefined : this.#open.get(id);
    if (id !== undefined) this.#forget(id);
    const stream = known?.stream ?? options?.stream ?? '';
    if (correlationId === undefined || (known === undefined && options === undefined)) {
      this.call.emit('error', refusal);
    } else if (error instanceof AppendTooBig) {
      this.#answer(failure(correlationId, stream, error));
    } else {
      this.#answer(badRequest(correlationId, stream, refusal.details));
    }
  }

  /** A client that does not read its answers is not read from either. */
  #answer(response: Buffer): void {
    if (this.call.destroyed || this.call.write(response)) return;
    this.call.pause();
  }

  #readOn(): void {
    if (!this.call.writableNeedDrain && this.#unanswered < mostUnanswered) this.call.resume();
  }

  #endWhenAnswered(): void {
    if (this.#halfClosed && this.#unanswered === 0) this.call.end();
  }

  #forget(id: string): void {
    clearTimeout(this.#open.get(id)?.timer);
    this.#open.delete(id);
  }

  #forgetAll(): void {
    for (const id of this.#open.keys()) this.#forget(id);
  }
}

function decodedOrUndefined(uuid: Buffer): string | undefined {
  try {
    return decodeUuid(uuid);
  } catch (error) {
    if (error instanceof CallError) return undefined;
    throw error;
  }
}

function timeoutOf({ deadline, timeout }: AppendOptions): number {
  const asked = timeout ?? (deadline === undefined ? writeTimeoutMs : deadline - Date.now());
  return Math.min(asked, writeTimeoutMs);
}
