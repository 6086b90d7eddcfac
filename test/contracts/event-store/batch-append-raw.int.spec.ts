import { randomUUID } from 'node:crypto';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { identifierOf, openBatch, rawClient, uuidOf } from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
let client: RawClient;
beforeAll(() => {
  client = rawClient(server.url);
});
afterAll(() => client.close());

const good = { type: 'tested', 'content-type': 'application/json' };

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
      title: 'without a content type',
      part: () => request(randomUUID(), newStream()).setProposedMessagesList([message({ type: 'tested' })]),
    },
    {
      title: 'with an event id that is none',
      part: () => request(randomUUID(), newStream()).setProposedMessagesList([message().setId(uuidOf('nonsense'))]),
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

  it.each<{ expected: 'any' | 'no_stream' | 'stream_exists'; stored: number }>([
    { expected: 'any', stored: 1 },
    { expected: 'no_stream', stored: 1 },
    { expected: 'stream_exists', stored: 0 },
  ])('tells a conflict with $expected', async ({ expected, stored }) => {
    const stream = newStream();
    const known = message();
    const first = request(randomUUID(), stream).setProposedMessagesList([known]).setIsFinal(true);
    if (stored > 0) await exchange(first);
    // Any is a conflict where a part of the append was there before.
    const part = request(randomUUID(), stream).setIsFinal(true);
    part.setProposedMessagesList(expected === 'any' ? [known, message()] : [message()]);
    if (expected === 'no_stream') part.getOptions()!.setNoStream(new emptyPb.Empty());
    if (expected === 'stream_exists') part.getOptions()!.setStreamExists(new emptyPb.Empty());
    const error = (await exchange(part)).getError()!;
    expect([error.getCode(), error.getMessage()]).toEqual([status.ALREADY_EXISTS, 'WrongExpectedVersion']);
    const detail = shared.WrongExpectedVersion.deserializeBinary(error.getDetails()!.getValue_asU8());
    const told = { any: detail.hasExpectedAny(), no_stream: detail.hasExpectedNoStream() };
    expect({ ...told, stream_exists: detail.hasExpectedStreamExists() }).toMatchObject({
      any: expected === 'any',
      no_stream: expected === 'no_stream',
      stream_exists: expected === 'stream_exists',
    });
    expect([detail.hasCurrentNoStream(), detail.hasCurrentStreamRevision()]).toEqual([stored === 0, stored > 0]);
    expect(detail.getCurrentStreamRevision()).toBe('0');
  });

  it('answers an append once, whatever comes after its refusal', async () => {
    const [refused, next] = [randomUUID(), randomUUID()];
    const stream = newStream();
    const batch = openBatch(client);
    batch.send(request(refused, stream).setProposedMessagesList([message({})]));
    batch.send(request(refused).setProposedMessagesList([message()]));
    batch.send(request(refused).setProposedMessagesList([message()]).setIsFinal(true));
    batch.send(request(next, stream).setProposedMessagesList([message()]).setIsFinal(true));
    const idsOf = () => batch.responses.map((response) => response.getCorrelationId()!.getString());
    await eventually(() => expect(idsOf()).toContain(next));
    expect(idsOf()).toEqual([refused, next]);
    expect(batch.responses[1]!.getSuccess()!.getCurrentRevision()).toBe('0');
    batch.cancel();
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
    expect(tooBig!.getError()!.getCode()).toBe(status.INVALID_ARGUMENT);
    const detail = tooBig!.getError()!.getDetails()!;
    expect(detail.getTypeUrl()).toBe('type.googleapis.com/event_store.client.MaximumAppendSizeExceeded');
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
