import type { EventStoreDBClient } from '@eventstore/db-client';
import grpcClients from '@eventstore/db-client/generated/streams_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import type { Origin, PortableEvent } from './event-line.js';

export type Recorded = PortableEvent & Origin;

export interface Reading {
  /** Undefined: $all. */
  readonly stream: string | undefined;
  /** Revision or commit position of the first event to read; undefined: from the start. */
  readonly from?: bigint | undefined;
  /** One event instead of all. */
  readonly only?: 'first' | 'last';
}

const tombstoneRevision = String(2n ** 63n - 1n);
const unknownPosition = String(2n ** 64n - 1n);
const ticksPerMillisecond = 10_000n;

/**
 * Reads over the connection of the official client, in its protocol and in the client's place: its own reads answer
 * JSON parsed, and what is written from that is no longer what was stored. No faster than the caller takes events.
 * A stream that does not exist has no events.
 * @throws ServiceError of gRPC
 */
export async function* recordedEvents(client: EventStoreDBClient, reading: Reading): AsyncGenerator<Recorded> {
  const create = client['GRPCStreamCreator'](grpcClients.StreamsClient, 'read', (grpc) =>
    grpc.read(toRequest(reading), ...client['callArguments']({}, { deadline: Infinity })),
  );
  const call = await create();
  // One that is left early ends in an error that nobody waits for.
  call.on('error', () => undefined);
  let whole = false;
  try {
    for await (const response of call as AsyncIterable<streams.ReadResp>) {
      const event = response.getEvent()?.getEvent();
      if (event !== undefined) yield toRecorded(event);
    }
    whole = true;
  } finally {
    if (!whole) call.cancel();
  }
}

/** Whether the server said that nothing begins at the position that a read was to begin at. */
export function isBadPosition(error: unknown): boolean {
  const { code, details = '' } = error as { code?: unknown; details?: string };
  return code === status.UNKNOWN && details.startsWith('Unexpected ReadAllResult');
}

function toRequest({ stream, from, only }: Reading): streams.ReadReq {
  const last = only === 'last';
  const { ReadDirection } = streams.ReadReq.Options;
  const options = new streams.ReadReq.Options()
    .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty()))
    .setNoFilter(new shared.Empty())
    .setReadDirection(last ? ReadDirection.BACKWARDS : ReadDirection.FORWARDS)
    .setCount(only === undefined ? String(Number.MAX_SAFE_INTEGER) : '1');
  if (stream === undefined) options.setAll(placeInAll(from, last));
  else options.setStream(placeInStream(stream, from, last));
  return new streams.ReadReq().setOptions(options);
}

function placeInAll(from: bigint | undefined, last: boolean): streams.ReadReq.Options.AllOptions {
  const place = new streams.ReadReq.Options.AllOptions();
  if (last) return place.setEnd(new shared.Empty());
  if (from === undefined) return place.setStart(new shared.Empty());
  return place.setPosition(
    new streams.ReadReq.Options.Position().setCommitPosition(String(from)).setPreparePosition(String(from)),
  );
}

function placeInStream(stream: string, from: bigint | undefined, last: boolean): streams.ReadReq.Options.StreamOptions {
  const place = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(
    new shared.StreamIdentifier().setStreamName(Buffer.from(stream)),
  );
  if (last) return place.setEnd(new shared.Empty());
  return from === undefined ? place.setStart(new shared.Empty()) : place.setRevision(String(from));
}

function toRecorded(event: streams.ReadResp.ReadEvent.RecordedEvent): Recorded {
  const revision = event.getStreamRevision();
  const position = event.getCommitPosition();
  const properties = event.getMetadataMap();
  return {
    stream: Buffer.from(event.getStreamIdentifier()!.getStreamName_asU8()).toString(),
    revision: revision === tombstoneRevision ? undefined : Number(revision),
    id: event.getId()!.getString(),
    type: properties.get('type') ?? '',
    isJson: properties.get('content-type') === 'application/json',
    data: event.getData_asU8(),
    metadata: event.getCustomMetadata_asU8(),
    created: Number(BigInt(properties.get('created') ?? 0) / ticksPerMillisecond),
    position: position === unknownPosition ? undefined : position,
  };
}
