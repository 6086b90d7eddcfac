import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';

const encode = (response: streams.ReadResp): Buffer => Buffer.from(response.serializeBinary());

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
