import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import {
  appendMessage,
  appendOptions,
  appendRaw,
  framed,
  identifierOf,
  openBatch,
  rawClient,
  uuidOf,
} from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { collect, describeOurs, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
let client: RawClient;
beforeAll(() => {
  client = rawClient(server.url);
});
afterAll(() => client.close());

const good = { type: 'tested', 'content-type': 'application/json' };

describe('unary append', () => {
  const anyOf = (stream: string) =>
    new streams.AppendReq().setOptions(appendOptions(stream).setAny(new shared.Empty()));
  const refusal = async (messages: streams.AppendReq[]) => (await appendRaw(client, messages)) as ServiceError;

  it.each([
    { metadata: { 'content-type': 'application/json' }, missing: 'type' },
    { metadata: { type: '', 'content-type': 'application/json' }, missing: 'type' },
    { metadata: { type: 'tested' }, missing: 'content-type' },
  ])('names the missing property: $missing', async ({ metadata, missing }) => {
    const error = await refusal([anyOf(newStream()), appendMessage(uuidOf(randomUUID()), metadata)]);
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: `Required Metadata Property '${missing}' is missing`,
    });
    expect(error.metadata.get('exception')).toEqual(['missing-required-metadata-property']);
    expect(error.metadata.get('required-metadata-properties')).toEqual(['type,content-type']);
  });

  it('tells the size that it takes', async () => {
    const error = await refusal([anyOf(newStream()), appendMessage(uuidOf(randomUUID()), good, 1_048_577)]);
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'Maximum Append Size of 1048576 Exceeded.' });
    expect(error.metadata.get('exception')).toEqual(['maximum-append-size-exceeded']);
    expect(error.metadata.get('maximum-append-size')).toEqual(['1048576']);
  });

  it.each([
    { title: 'zeros', id: uuidOf('00000000-0000-0000-0000-000000000000') },
    { title: 'no UUID', id: uuidOf('not-a-uuid') },
    { title: 'missing', id: undefined },
  ])('refuses an id that is $title', async ({ id }) => {
    const stream = newStream();
    expect(await refusal([anyOf(stream), appendMessage(id, good)])).toMatchObject({ code: status.UNKNOWN });
  });

  it('takes an id in its structured form', async () => {
    const stream = newStream();
    const structured = new shared.UUID.Structured().setMostSignificantBits('-1').setLeastSignificantBits('10');
    await appendRaw(client, [anyOf(stream), appendMessage(new shared.UUID().setStructured(structured), good)]);
    const [only] = await collect(server.client.readStream(stream));
    expect(only!.event!.id).toBe('ffffffff-ffff-ffff-0000-00000000000a');
  });

  it('demands an expected revision', async () => {
    const options = new streams.AppendReq().setOptions(appendOptions(newStream()));
    expect(await refusal([options, appendMessage(uuidOf(randomUUID()), good)])).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it('demands options first', async () => {
    expect(await refusal([appendMessage(uuidOf(randomUUID()), good)])).toMatchObject({ code: status.UNKNOWN });
    expect(await refusal([])).toMatchObject({ code: status.UNKNOWN });
  });

  it('reads the largest number as "no stream" and refuses those below it', async () => {
    const stream = newStream();
    const expecting = (revision: bigint) => [
      new streams.AppendReq().setOptions(appendOptions(stream).setRevision(String(revision))),
      appendMessage(uuidOf(randomUUID()), good),
    ];
    const first = (await appendRaw(client, expecting(2n ** 64n - 1n))) as streams.AppendResp;
    expect(first.getSuccess()!.getCurrentRevision()).toBe('0');
    expect(await refusal(expecting(2n ** 63n))).toMatchObject({ code: status.UNKNOWN });
  });

  it('tells a conflict in its answer, in the old fields too', async () => {
    const stream = newStream();
    const options = new streams.AppendReq().setOptions(appendOptions(stream).setRevision('5'));
    const response = (await appendRaw(client, [
      options,
      appendMessage(uuidOf(randomUUID()), good),
    ])) as streams.AppendResp;
    const conflict = response.getWrongExpectedVersion()!;
    expect(conflict.hasCurrentNoStream()).toBe(true);
    expect(conflict.getExpectedRevision()).toBe('5');
    expect(conflict.getExpectedRevision2060()).toBe(5);
  });
});

// A real server tries to the last moment.
describeOurs('unary append', () => {
  it('writes nothing of an append that ends too close to its deadline to be answered in time', async () => {
    const session = connect(new URL(server.url.replace('esdb:', 'http:')).origin);
    const stream = newStream();
    const send = (timeout: string) => {
      const call = session.request({
        ':method': 'POST',
        ':path': '/event_store.client.streams.Streams/Append',
        'content-type': 'application/grpc',
        'grpc-timeout': timeout,
        te: 'trailers',
      });
      for (const message of [
        new streams.AppendReq().setOptions(appendOptions(stream).setAny(new shared.Empty())),
        appendMessage(uuidOf(randomUUID()), good),
      ])
        call.write(framed(message));
      return once(call.resume().end(), 'close');
    };
    await send('9m');
    await send('10S');
    session.close();
    expect(await collect(server.client.readStream(stream))).toHaveLength(1);
  });
});

describe('batch append', () => {
  const request = (correlationId: string, stream?: string) => {
    const part = new streams.BatchAppendReq().setCorrelationId(uuidOf(correlationId));
    if (stream === undefined) return part;
    const options = new streams.BatchAppendReq.Options()
      .setStreamIdentifier(identifierOf(stream))
      .setAny(new emptyPb.Empty());
    return part.setOptions(options);
  };
  const message = (metadata: Record<string, string> = good, bytes = 0) => {
    const proposed = new streams.BatchAppendReq.ProposedMessage()
      .setId(uuidOf(randomUUID()))
      .setData(Buffer.alloc(bytes));
    for (const [key, value] of Object.entries(metadata)) proposed.getMetadataMap().set(key, value);
    return proposed;
  };
  const exchange = async (...parts: streams.BatchAppendReq[]) => {
    const batch = openBatch(client);
    for (const part of parts) batch.send(part);
    await eventually(() => expect(batch.responses.length).toBeGreaterThan(0));
    batch.cancel();
    return batch.responses[0]!;
  };

  it('echoes the correlation id and names the stream', async () => {
    const stream = newStream();
    const id = randomUUID();
    const response = await exchange(request(id, stream).setProposedMessagesList([message()]).setIsFinal(true));
    expect(response.getCorrelationId()!.getString()).toBe(id);
    expect(Buffer.from(response.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(stream);
    expect(response.getSuccess()!.getCurrentRevision()).toBe('0');
    expect(response.getExpectedStreamPositionCase()).toBe(0);
  });

  it.each([
    {
      title: 'without a type',
      part: () => request(randomUUID(), newStream()).setProposedMessagesList([message({ 'content-type': 'x' })]),
    },
    {
      title: 'without a stream',
      part: () => request(randomUUID()).setOptions(new streams.BatchAppendReq.Options().setAny(new emptyPb.Empty())),
    },
    {
      title: 'without an expected revision',
      part: () =>
        request(randomUUID()).setOptions(
          new streams.BatchAppendReq.Options().setStreamIdentifier(identifierOf(newStream())),
        ),
    },
  ])('answers a bad request $title', async ({ part }) => {
    const error = (await exchange(part().setIsFinal(true))).getError()!;
    expect(error.getCode()).toBe(status.INVALID_ARGUMENT);
    expect(error.getMessage()).toBe('BadRequest');
    expect(error.getDetails()!.getTypeUrl()).toBe('type.googleapis.com/event_store.client.BadRequest');
  });

  it('names the stream that is deleted', async () => {
    const stream = newStream();
    await server.client.tombstoneStream(stream);
    const response = await exchange(
      request(randomUUID(), stream).setProposedMessagesList([message()]).setIsFinal(true),
    );
    const error = response.getError()!;
    expect([error.getCode(), error.getMessage()]).toEqual([status.NOT_FOUND, 'StreamDeleted']);
    expect(error.getDetails()!.getTypeUrl()).toBe('type.googleapis.com/event_store.client.StreamDeleted');
    const detail = shared.StreamDeleted.deserializeBinary(error.getDetails()!.getValue_asU8());
    for (const named of [detail, response])
      expect(Buffer.from(named.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(stream);
  });

  it('tells a conflict with what was expected and what is there', async () => {
    const part = request(randomUUID(), newStream()).setProposedMessagesList([message()]).setIsFinal(true);
    part.getOptions()!.setStreamPosition('5');
    const error = (await exchange(part)).getError()!;
    expect([error.getCode(), error.getMessage()]).toEqual([status.ALREADY_EXISTS, 'WrongExpectedVersion']);
    const detail = shared.WrongExpectedVersion.deserializeBinary(error.getDetails()!.getValue_asU8());
    expect(detail.hasCurrentNoStream()).toBe(true);
    expect(detail.getExpectedStreamPosition()).toBe('5');
  });

  it('appends nothing to a stream that is missing, and makes none', async () => {
    const success = (await exchange(request(randomUUID(), newStream()).setIsFinal(true))).getSuccess()!;
    expect(success.hasNoStream()).toBe(true);
  });

  it('adds up the sizes of the parts and forgets what is too big', async () => {
    const id = randomUUID();
    const stream = newStream();
    const part = () => message(good, 600_000);
    const batch = openBatch(client);
    batch.send(request(id, stream).setProposedMessagesList([part()]));
    batch.send(request(id).setProposedMessagesList([part()]));
    batch.send(request(id).setProposedMessagesList([part()]).setIsFinal(true));
    const next = randomUUID();
    batch.send(request(next, stream).setProposedMessagesList([message()]).setIsFinal(true));
    await eventually(() => expect(batch.responses).toHaveLength(2));
    batch.cancel();
    const [tooBig, success] = batch.responses;
    expect(tooBig!.getError()!.getMessage()).toBe('MaximumAppendSizeExceeded');
    const detail = tooBig!.getError()!.getDetails()!;
    expect(shared.MaximumAppendSizeExceeded.deserializeBinary(detail.getValue_asU8()).getMaxappendsize()).toBe(
      1_048_576,
    );
    expect(success!.getSuccess()!.getCurrentRevision()).toBe('0');
  });

  it('answers a deadline that has passed at once, and once', async () => {
    const stream = newStream();
    const late = request(randomUUID(), stream).setProposedMessagesList([message()]).setIsFinal(true);
    late.getOptions()!.setDeadline(timestampPb.Timestamp.fromDate(new Date(0)));
    const error = (await exchange(late)).getError()!;
    expect(error.getCode()).toBe(status.DEADLINE_EXCEEDED);
    expect(error.getDetails()!.getTypeUrl()).toBe('type.googleapis.com/event_store.client.Timeout');
  });

  it('gives up an append whose last part does not come, and passes over what comes after', async () => {
    const id = randomUUID();
    const stream = newStream();
    const batch = openBatch(client);
    batch.send(request(id, stream).setProposedMessagesList([message()]));
    await eventually(() => expect(batch.responses).toHaveLength(1));
    expect(batch.responses[0]!.getError()!.getMessage()).toBe('Timeout');
    batch.send(request(id).setProposedMessagesList([message()]).setIsFinal(true));
    batch.send(request(randomUUID(), stream).setProposedMessagesList([message()]).setIsFinal(true));
    await eventually(() => expect(batch.responses).toHaveLength(2));
    expect(batch.responses[1]!.getSuccess()!.getCurrentRevision()).toBe('0');
    batch.cancel();
  });

  it('answers what is open before it ends a call that the client has ended', async () => {
    const batch = openBatch(client);
    batch.send(request(randomUUID(), newStream()).setProposedMessagesList([message()]).setIsFinal(true));
    batch.close();
    await eventually(() => expect(batch.ended).toBe(null));
    expect(batch.responses).toHaveLength(1);
  });

  it('answers all of more appends than it takes on at once', async () => {
    const batch = openBatch(client);
    const stream = newStream();
    for (let sent = 0; sent < 2_500; sent++) {
      batch.send(request(randomUUID(), `${stream}-${sent}`).setProposedMessagesList([message()]).setIsFinal(true));
    }
    await eventually(() => expect(batch.responses).toHaveLength(2_500), { timeoutMs: 20_000 });
    expect(batch.responses.filter((response) => !response.hasSuccess())).toEqual([]);
    batch.cancel();
  });

  it('ends the call when a part without options cannot be read', async () => {
    const batch = openBatch(client);
    batch.send(new streams.BatchAppendReq().setCorrelationId(uuidOf('nonsense')).setIsFinal(true));
    await eventually(() => expect(batch.ended).toMatchObject({ code: status.UNKNOWN }));
  });
});
