/**
 * The baseline of the event store's figures: grpc-js and the generated code as one would use them first, for as much of
 * the protocol as the load needs. It stores nothing: appends are acknowledged and delivered at once, and every read
 * gets the same events from memory.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { getSupportedMethods } from '#libs/eventstore-server/src/server-features.js';
import { mostEventsInARead } from '../load/load.js';
import { sampleEvent } from './sample-event.js';

type ReadCall = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

const subscribers = new Set<ReadCall>();
let position = 0;

const kept = Array.from({ length: mostEventsInARead }, () => {
  const proposed = new streams.BatchAppendReq.ProposedMessage()
    .setId(new shared.UUID().setString(randomUUID()))
    .setData(Buffer.from(JSON.stringify(sampleEvent.data)))
    .setCustomMetadata(Buffer.from(JSON.stringify(sampleEvent.metadata)));
  proposed.getMetadataMap().set('type', sampleEvent.type).set('content-type', 'application/json');
  position += 1;
  return recorded(new shared.StreamIdentifier().setStreamName(Buffer.from('kept')), proposed);
});

function recorded(stream: shared.StreamIdentifier, proposed: streams.BatchAppendReq.ProposedMessage): streams.ReadResp {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(proposed.getId())
    .setStreamIdentifier(stream)
    .setStreamRevision(String(position))
    .setPreparePosition(String(position))
    .setCommitPosition(String(position))
    .setCustomMetadata(proposed.getCustomMetadata_asU8())
    .setData(proposed.getData_asU8());
  const metadata = event.getMetadataMap();
  for (const [key, value] of proposed.getMetadataMap().entries()) metadata.set(key, value);
  metadata.set('created', `${Date.now()}0000`);
  return new streams.ReadResp().setEvent(
    new streams.ReadResp.ReadEvent().setEvent(event).setCommitPosition(String(position)),
  );
}

async function read(call: ReadCall): Promise<void> {
  const options = call.request.getOptions()!;
  if (options.hasSubscription()) {
    const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID());
    call.write(new streams.ReadResp().setConfirmation(confirmation));
    subscribers.add(call);
    call.once('close', () => subscribers.delete(call));
    return;
  }
  for (const event of kept.slice(0, Number(options.getCount()))) {
    if (!call.write(event)) await once(call, 'drain');
  }
  call.end();
}

function batchAppend(call: ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>): void {
  call.on('data', (request: streams.BatchAppendReq) => {
    // The load's appends come in one part each.
    const stream = request.getOptions()!.getStreamIdentifier()!;
    for (const proposed of request.getProposedMessagesList()) {
      position += 1;
      for (const subscriber of subscribers) subscriber.write(recorded(stream, proposed));
    }
    const at = new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position));
    call.write(
      new streams.BatchAppendResp()
        .setCorrelationId(request.getCorrelationId())
        .setStreamIdentifier(stream)
        .setSuccess(new streams.BatchAppendResp.Success().setCurrentRevision(String(position)).setPosition(at)),
    );
  });
  call.on('end', () => call.end());
}

const server = new Server();
server.addService(featuresGrpc.ServerFeaturesService, {
  getSupportedMethods: getSupportedMethods([featuresGrpc.ServerFeaturesService, streamsGrpc.StreamsService]),
});
server.addService(streamsGrpc.StreamsService, {
  read: (call: ReadCall) => {
    read(call).catch((error: unknown) => call.emit('error', error));
  },
  batchAppend,
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
});
