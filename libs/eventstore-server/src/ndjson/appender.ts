import type { EventStoreDBClient } from '@eventstore/db-client';
import grpcClients from '@eventstore/db-client/generated/streams_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import type { PortableEvent } from './event-line.js';

export type Outcome =
  /** Written now, or found there as the repeat of an earlier append. `position` is undefined when nobody knows it. */
  | { readonly kind: 'stored'; readonly position: bigint | undefined }
  /** `current`: number of the stream's last event, -1 when there is none. */
  | { readonly kind: 'conflict'; readonly current: number }
  | { readonly kind: 'stream_deleted' };

/** How long the server may take over one append before it gives it up. */
const deadlineMs = 30_000;

type Call = ClientDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

/**
 * Appends over the connection of the official client, in its protocol and in the client's place: its own
 * `appendToStream` takes JSON only as parsed values, so it can't write the bytes that were stored elsewhere. The server
 * takes the appends in the order in which they were begun.
 */
export class Appender {
  readonly #waiting = new Map<string, PromiseWithResolvers<Outcome>>();
  #begun = 0;
  #ended: Error | undefined;

  private constructor(private readonly call: Call) {
    call.on('data', (response: streams.BatchAppendResp) => this.#receive(response));
    call.on('error', (error) => this.#failAll(error));
    call.on('end', () => this.#failAll(new Error('The server ended the connection.')));
  }

  static async open(client: EventStoreDBClient): Promise<Appender> {
    const create = client['GRPCStreamCreator'](grpcClients.StreamsClient, 'batchAppend', (grpc) =>
      grpc.batchAppend(...client['callArguments']({}, { deadline: Infinity })),
    );
    return new Appender(await create());
  }

  /**
   * Appends the events, all or none, so that the first of them gets the number `first`.
   * @throws ServiceError of gRPC when the connection fails; Error naming why the server refused
   */
  append(stream: string, first: number, events: readonly PortableEvent[]): Promise<Outcome> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const number = String(++this.#begun);
    const answer = Promise.withResolvers<Outcome>();
    this.#waiting.set(number, answer);
    this.call.write(toRequest(number, stream, first, events));
    return answer.promise;
  }

  close(): void {
    this.call.cancel();
  }

  #receive(response: streams.BatchAppendResp): void {
    const number = response.getCorrelationId()?.getStructured()?.getLeastSignificantBits() ?? '';
    const answer = this.#waiting.get(number);
    this.#waiting.delete(number);
    try {
      answer?.resolve(toOutcome(response));
    } catch (error) {
      answer?.reject(error);
    }
  }

  #failAll(error: Error): void {
    this.#ended ??= error;
    for (const answer of this.#waiting.values()) answer.reject(error);
    this.#waiting.clear();
  }
}

function toRequest(
  number: string,
  stream: string,
  first: number,
  events: readonly PortableEvent[],
): streams.BatchAppendReq {
  const options = new streams.BatchAppendReq.Options()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
    .setDeadline(timestamp.Timestamp.fromDate(new Date(Date.now() + deadlineMs)));
  if (first === 0) options.setNoStream(new empty.Empty());
  else options.setStreamPosition(String(first - 1));
  const proposed = events.map(({ id, type, isJson, data, metadata }) => {
    const message = new streams.BatchAppendReq.ProposedMessage()
      .setId(new shared.UUID().setString(id))
      .setData(data)
      .setCustomMetadata(metadata);
    message
      .getMetadataMap()
      .set('type', type)
      .set('content-type', isJson ? 'application/json' : 'application/octet-stream');
    return message;
  });
  const correlationId = new shared.UUID.Structured().setMostSignificantBits('0').setLeastSignificantBits(number);
  return new streams.BatchAppendReq()
    .setCorrelationId(new shared.UUID().setStructured(correlationId))
    .setOptions(options)
    .setProposedMessagesList(proposed)
    .setIsFinal(true);
}

function toOutcome(response: streams.BatchAppendResp): Outcome {
  const success = response.getSuccess();
  if (success !== undefined) {
    const position = success.getPosition()?.getCommitPosition();
    return { kind: 'stored', position: position === undefined ? undefined : BigInt(position) };
  }
  const error = response.getError();
  const details = error?.getDetails();
  switch (details?.getTypeName()) {
    case 'event_store.client.WrongExpectedVersion': {
      const conflict = details.unpack(
        (bytes) => shared.WrongExpectedVersion.deserializeBinary(bytes),
        'event_store.client.WrongExpectedVersion',
      );
      const known = conflict?.hasCurrentStreamRevision() ?? false;
      return { kind: 'conflict', current: known ? Number(conflict!.getCurrentStreamRevision()) : -1 };
    }
    case 'event_store.client.StreamDeleted':
      return { kind: 'stream_deleted' };
    case 'event_store.client.AccessDenied':
      throw new Error('The user may not write to this stream: give one that may in the URL, esdb://USER:PASSWORD@…');
    case 'event_store.client.MaximumAppendSizeExceeded':
      throw new Error('The event is larger than this server takes.');
    case 'event_store.client.BadRequest': {
      const reason = details.unpack(
        (bytes) => shared.BadRequest.deserializeBinary(bytes),
        'event_store.client.BadRequest',
      );
      throw new Error(`The server refuses it: ${reason?.getMessage()}`);
    }
    default:
      throw new Error(`The server refuses it: ${error?.getMessage() ?? 'it says nothing'}.`);
  }
}
