import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { credentials, Metadata } from '@grpc/grpc-js';
import type { Client, ServiceError } from '@grpc/grpc-js';

/** What the official client cannot be made to send is sent with the bare protocol. */
export type RawClient = InstanceType<typeof streamsGrpc.StreamsClient> & Client;

export function rawClient(url: string): RawClient {
  return new streamsGrpc.StreamsClient(new URL(url).host, credentials.createInsecure());
}

export function uuidOf(text: string): shared.UUID {
  return new shared.UUID().setString(text);
}

export function identifierOf(stream: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
}

/** Sends the messages of one unary append; resolves to its answer or to the error it ended in. */
export function appendRaw(
  client: RawClient,
  messages: streams.AppendReq[],
): Promise<streams.AppendResp | ServiceError> {
  return new Promise((resolve) => {
    const call = client.append((error, response) => resolve(error ?? response));
    // Reported to the callback too.
    call.on('error', () => undefined);
    for (const message of messages) call.write(message);
    call.end();
  });
}

export function appendOptions(stream: string): streams.AppendReq.Options {
  return new streams.AppendReq.Options().setStreamIdentifier(identifierOf(stream));
}

/** The content type and the type are there unless `metadata` says otherwise. */
export function appendMessage(
  id: shared.UUID | undefined,
  metadata: Record<string, string>,
  bytes = 0,
): streams.AppendReq {
  const message = new streams.AppendReq.ProposedMessage().setData(Buffer.alloc(bytes));
  if (id !== undefined) message.setId(id);
  for (const [key, value] of Object.entries(metadata)) message.getMetadataMap().set(key, value);
  return new streams.AppendReq().setProposedMessage(message);
}

/** A message as it stands in a request's body: whether it is compressed, its length, itself. */
export function framed(message: { serializeBinary(): Uint8Array }): Buffer {
  const body = Buffer.from(message.serializeBinary());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

export interface RawAnswers<Response> {
  readonly responses: Response[];
  /** Undefined as long as the call goes on; `null` when it ended well. */
  ended: ServiceError | null | undefined;
}

export function readRaw(client: RawClient, options: streams.ReadReq.Options): RawAnswers<streams.ReadResp> {
  const answers: RawAnswers<streams.ReadResp> = { responses: [], ended: undefined };
  client
    .read(new streams.ReadReq().setOptions(options))
    .on('data', (response: streams.ReadResp) => answers.responses.push(response))
    .on('error', (error: ServiceError) => (answers.ended = error))
    .on('end', () => (answers.ended ??= null));
  return answers;
}

export interface RawBatch extends RawAnswers<streams.BatchAppendResp> {
  send(request: streams.BatchAppendReq): void;
  close(): void;
  cancel(): void;
}

/** A batch call that sends these bytes as its only message. */
export function batchOfBytes(client: RawClient, bytes: Uint8Array): RawAnswers<Buffer> {
  const answers: RawAnswers<Buffer> = { responses: [], ended: undefined };
  const asItIs = (message: Buffer): Buffer => message;
  const call = client.makeBidiStreamRequest('/event_store.client.streams.Streams/BatchAppend', asItIs, asItIs);
  call
    .on('data', (response: Buffer) => answers.responses.push(response))
    .on('error', (error: ServiceError) => (answers.ended = error))
    .on('end', () => (answers.ended ??= null));
  call.end(Buffer.from(bytes));
  return answers;
}

export function openBatch(client: RawClient, metadata = new Metadata()): RawBatch {
  const call = client.batchAppend(metadata);
  const batch: RawBatch = {
    responses: [],
    ended: undefined,
    send: (request) => call.write(request),
    close: () => call.end(),
    cancel: () => call.cancel(),
  };
  call
    .on('data', (response: streams.BatchAppendResp) => batch.responses.push(response))
    .on('error', (error: ServiceError) => (batch.ended = error))
    .on('end', () => (batch.ended ??= null));
  return batch;
}
