import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Access } from './access.js';
import { accessDenied, badRequest, deadlineExceeded, failure, outcomeResponse } from './batch-append-response.js';
import { AppendTooBig, CallError, toCallError, unforeseen } from './errors.js';
import type { EventLog } from './event-log.js';
import type { ExpectedRevision } from './expected-revision.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { expectRevision, missingExpectedRevision } from './expected-revision-request.js';
import { ProposedEvents, readUuid } from './proposed-events.js';

/** A batch append that has not come whole by then is given up, whatever deadline it asks for. */
const writeTimeoutMs = 2_000;
/** Appends of one call that are not answered yet. At this number nothing more is read from the connection. */
const mostUnanswered = 1_000;

type Call = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

interface OpenAppend {
  readonly correlationId: UUID;
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
    this.call.on('data', (request: BatchAppendReq) => this.#receive(request));
    this.call.on('end', () => {
      this.#halfClosed = true;
      this.#endWhenAnswered();
    });
    this.call.on('drain', () => this.#readOn());
    this.call.on('close', () => this.#forgetAll());
  }

  #receive(request: BatchAppendReq): void {
    const options = request.getOptions();
    try {
      const id = readUuid(request.getCorrelationId());
      if (options !== undefined) this.#begin(id, request.getCorrelationId()!, options, request.getIsFinal());
      this.#addPart(id, request);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  #begin(id: string, correlationId: UUID, options: BatchAppendReq.Options, isFinal: boolean): void {
    if (this.#open.has(id)) return;
    const stream = readStreamName(options);
    if (!this.access.mayDo(this.call, 'write', stream)) return this.#answer(accessDenied(correlationId, stream));
    const timeoutMs = timeoutOf(options);
    if (timeoutMs <= 0) return this.#answer(deadlineExceeded(correlationId, stream));
    const append: OpenAppend = {
      correlationId,
      stream,
      expected: readExpected(options),
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
  #addPart(id: string, request: BatchAppendReq): void {
    const append = this.#open.get(id);
    if (append === undefined) return;
    for (const message of request.getProposedMessagesList()) append.proposed.add(message);
    if (request.getIsFinal()) {
      this.#forget(id);
      void this.#submit(append);
    }
  }

  async #submit({ correlationId, stream, expected, proposed }: OpenAppend): Promise<void> {
    this.#unanswered += 1;
    if (this.#unanswered === mostUnanswered) this.call.pause();
    let response: BatchAppendResp;
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

  #refuse(request: BatchAppendReq, error: unknown): void {
    const correlationId = request.getCorrelationId();
    const refusal = toCallError(error);
    const id = correlationId && parsedOrUndefined(correlationId);
    const known = id === undefined ? undefined : this.#open.get(id);
    if (id !== undefined) this.#forget(id);
    const stream = known?.stream ?? nameOrUndefined(request.getOptions());
    if (correlationId === undefined || (known === undefined && !request.hasOptions())) {
      this.call.emit('error', refusal);
    } else if (error instanceof AppendTooBig) {
      this.#answer(failure(correlationId, stream ?? '', error));
    } else {
      this.#answer(badRequest(correlationId, stream ?? '', refusal.details));
    }
  }

  /** A client that does not read its answers is not read from either. */
  #answer(response: BatchAppendResp): void {
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

function readStreamName(options: BatchAppendReq.Options): string {
  const name = nameOrUndefined(options);
  if (name === undefined) throw unforeseen('The append names no stream.');
  return name;
}

function nameOrUndefined(options: BatchAppendReq.Options | undefined): string | undefined {
  const identifier = options?.getStreamIdentifier();
  return identifier && Buffer.from(identifier.getStreamName_asU8()).toString();
}

function parsedOrUndefined(uuid: UUID): string | undefined {
  try {
    return readUuid(uuid);
  } catch (error) {
    if (error instanceof CallError) return undefined;
    throw error;
  }
}

function readExpected(options: BatchAppendReq.Options): ExpectedRevision {
  const { ExpectedStreamPositionCase } = streams.BatchAppendReq.Options;
  const given = options.getExpectedStreamPositionCase();
  switch (given) {
    case ExpectedStreamPositionCase.ANY:
      return { kind: 'any' };
    case ExpectedStreamPositionCase.NO_STREAM:
      return { kind: 'no_stream' };
    case ExpectedStreamPositionCase.STREAM_EXISTS:
      return { kind: 'stream_exists' };
    case ExpectedStreamPositionCase.STREAM_POSITION:
      return expectRevision(options.getStreamPosition());
    default:
      return missingExpectedRevision(given);
  }
}

function timeoutOf(options: BatchAppendReq.Options): number {
  const deadline = options.getDeadline();
  if (deadline === undefined) return writeTimeoutMs;
  return Math.min(deadline.toDate().getTime() - Date.now(), writeTimeoutMs);
}
