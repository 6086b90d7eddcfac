import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ResolvedEvent } from './links.js';
import type { StoredEvent } from './stored-event.js';
import { wireRevision } from './tombstone.js';
import { uuidFromBytes } from './uuid.js';

/** How event ids are written: as text or as two numbers. */
export type UuidForm = 'string' | 'structured';

const encode = (response: streams.ReadResp): Buffer => Buffer.from(response.serializeBinary());

export function eventMessage({ event, link }: ResolvedEvent, uuidForm: UuidForm): Buffer {
  const read = new streams.ReadResp.ReadEvent();
  if (event !== undefined) read.setEvent(recordedEvent(event, uuidForm));
  if (link !== undefined) read.setLink(recordedEvent(link, uuidForm));
  const original = link ?? event;
  if (original !== undefined) read.setCommitPosition(String(original.position));
  return encode(new streams.ReadResp().setEvent(read));
}

function recordedEvent(event: StoredEvent, uuidForm: UuidForm): streams.ReadResp.ReadEvent.RecordedEvent {
  const position = String(event.position);
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(uuidOf(event.id, uuidForm))
    .setStreamIdentifier(streamIdentifier(event.stream))
    .setStreamRevision(wireRevision(event.revision))
    .setPreparePosition(position)
    .setCommitPosition(position)
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.isJson ? 'application/json' : 'application/octet-stream')
    // In units of 100 ns.
    .set('created', `${event.created}0000`);
  return recorded;
}

export function confirmationMessage(subscriptionId: string): Buffer {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId);
  return encode(new streams.ReadResp().setConfirmation(confirmation));
}

export function checkpointMessage(position: number): Buffer {
  const checkpoint = new streams.ReadResp.Checkpoint()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return encode(new streams.ReadResp().setCheckpoint(checkpoint));
}

export function streamNotFoundMessage(stream: string): Buffer {
  const notFound = new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(stream));
  return encode(new streams.ReadResp().setStreamNotFound(notFound));
}

export function firstStreamPositionMessage(revision: number): Buffer {
  return encode(new streams.ReadResp().setFirstStreamPosition(String(revision)));
}

export function lastStreamPositionMessage(revision: number): Buffer {
  return encode(new streams.ReadResp().setLastStreamPosition(String(revision)));
}

export function caughtUpMessage(): Buffer {
  return encode(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
}

function streamIdentifier(stream: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
}

function uuidOf(bytes: Buffer, form: UuidForm): shared.UUID {
  if (form === 'string') return new shared.UUID().setString(uuidFromBytes(bytes));
  return new shared.UUID().setStructured(
    new shared.UUID.Structured()
      .setMostSignificantBits(String(bytes.readBigInt64BE(0)))
      .setLeastSignificantBits(String(bytes.readBigInt64BE(8))),
  );
}
