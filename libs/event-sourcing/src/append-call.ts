import type { EventStoreDBClient } from '@eventstore/db-client';
import grpcClients from '@eventstore/db-client/generated/streams_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { EventStoreNotAsked, EventStoreUnavailable } from './errors.js';
import type { NewEvent } from './event.js';

const answerDeadlineMs = 5_000;
/** Without an answer; more would only wait in memory. */
const mostWaiting = 1_000;

export type Appended = { readonly revision: number; readonly position: bigint } | 'lost_race';

interface Waiting {
  readonly stream: string;
  readonly answer: PromiseWithResolvers<Appended>;
}

/** One long call to the store, and the appends on it that have no answer yet, by correlation number. */
interface OpenCall {
  readonly write: (request: streams.BatchAppendReq) => void;
  readonly waiting: Map<string, Waiting>;
}

/**
 * Appends over the connection of the official client, in its protocol, and in the client's place: its own
 * `appendToStream` takes more than twice the processor time, and ends the process with a rejection that nobody can
 * catch when the connection drops under more than 16 appends.
 */
export class AppendCall {
  private open: Promise<OpenCall> | undefined;
  private number = 0;

  constructor(private readonly client: EventStoreDBClient) {}

  /**
   * Appends all events or none, at the revision of the stream's last event; -1 demands that there is no stream.
   * @throws EventStoreUnavailable after 5 s without an answer, and the connection's errors as they come;
   * EventStoreNotAsked when too many have none
   */
  async append(stream: string, events: readonly NewEvent[], expected: number): Promise<Appended> {
    const { write, waiting } = await (this.open ??= this.begin());
    if (waiting.size >= mostWaiting) throw new EventStoreNotAsked(new Error(`${mostWaiting} appends have no answer.`));
    const number = String(++this.number);
    const answer = Promise.withResolvers<Appended>();
    const late = setTimeout(() => {
      answer.reject(new EventStoreUnavailable(new Error(`No answer within ${answerDeadlineMs} ms.`)));
    }, answerDeadlineMs);
    waiting.set(number, { stream, answer });
    try {
      write(request(number, stream, events, expected));
      return await answer.promise;
    } finally {
      clearTimeout(late);
      waiting.delete(number);
    }
  }

  private begin(): Promise<OpenCall> {
    // The end of a call may be told twice, and the next one may be open by then.
    const opening = this.call(() => {
      if (this.open === opening) this.open = undefined;
    });
    return opening;
  }

  private async call(forget: () => void): Promise<OpenCall> {
    const { client } = this;
    const waiting: OpenCall['waiting'] = new Map();
    const over = (error: Error): void => {
      forget();
      for (const { answer } of waiting.values()) answer.reject(error);
    };
    const create = client['GRPCStreamCreator'](grpcClients.StreamsClient, 'batchAppend', (grpc) =>
      grpc
        .batchAppend(...client['callArguments']({}, { deadline: Infinity }))
        .on('data', (response: streams.BatchAppendResp) => receive(response, waiting))
        .on('error', over)
        .on('end', () => over(new EventStoreUnavailable(new Error('The store ended the call.')))),
    );
    try {
      const call = await create();
      return { waiting, write: (message) => void call.write(message) };
    } catch (error) {
      forget();
      throw error;
    }
  }
}

function request(
  number: string,
  stream: string,
  events: readonly NewEvent[],
  expected: number,
): streams.BatchAppendReq {
  const options = new streams.BatchAppendReq.Options().setStreamIdentifier(
    new shared.StreamIdentifier().setStreamName(Buffer.from(stream)),
  );
  if (expected < 0) options.setNoStream(new empty.Empty());
  else options.setStreamPosition(String(expected));
  const message = new streams.BatchAppendReq()
    .setCorrelationId(
      new shared.UUID().setStructured(
        new shared.UUID.Structured().setMostSignificantBits('0').setLeastSignificantBits(number),
      ),
    )
    .setOptions(options)
    .setIsFinal(true);
  for (const { id, type, data, metadata } of events) {
    const proposed = new streams.BatchAppendReq.ProposedMessage()
      .setId(new shared.UUID().setString(id))
      .setData(Buffer.from(JSON.stringify(data)))
      .setCustomMetadata(Buffer.from(JSON.stringify(metadata)));
    proposed.getMetadataMap().set('type', type).set('content-type', 'application/json');
    message.addProposedMessages(proposed);
  }
  return message;
}

function receive(response: streams.BatchAppendResp, waiting: OpenCall['waiting']): void {
  const number = response.getCorrelationId()?.getStructured()?.getLeastSignificantBits() ?? '';
  const found = waiting.get(number);
  // It came too late.
  if (!found) return;
  const { stream, answer } = found;
  const position = response.getSuccess()?.getPosition()?.getCommitPosition();
  if (position !== undefined) {
    answer.resolve({ revision: Number(response.getSuccess()?.getCurrentRevision()), position: BigInt(position) });
    return;
  }
  const kind = response.getError()?.getDetails()?.getTypeName();
  if (kind === 'event_store.client.WrongExpectedVersion') answer.resolve('lost_race');
  else {
    const error = new Error(`The event store refused the append to ${stream}: ${kind ?? 'it names no position'}.`);
    answer.reject(kind === 'event_store.client.Timeout' ? new EventStoreUnavailable(error) : error);
  }
}
