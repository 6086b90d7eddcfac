import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import {
  appendMessage,
  appendOptions,
  appendRaw,
  framed,
  identifierOf,
  rawClient,
  readRaw,
  uuidOf,
} from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { collect, describeOurs, errorOf, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
let client: RawClient;
beforeAll(() => {
  client = rawClient(server.url);
});
afterAll(() => client.close());

const good = { type: 'tested', 'content-type': 'application/json' };

const empty = () => new shared.Empty();
const anyOf = (stream: string) => new streams.AppendReq().setOptions(appendOptions(stream).setAny(empty()));
const refusal = async (messages: streams.AppendReq[]) => (await appendRaw(client, messages)) as ServiceError;
const answer = async (messages: streams.AppendReq[]) => (await appendRaw(client, messages)) as streams.AppendResp;
const event = (id: string = randomUUID(), metadata: Record<string, string> = good) =>
  appendMessage(uuidOf(id), metadata);

describe('unary append', () => {
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
      details: expect.stringMatching(/^'.+' is not a valid .*ExpectedStreamRevision/) as string,
    });
  });

  it('demands a message in every part', async () => {
    expect(await refusal([anyOf(newStream()), new streams.AppendReq()])).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^'.+' is not a valid /) as string,
    });
  });

  it('says that the stream is tombstoned, in text and trailers', async () => {
    const stream = newStream();
    await server.client.tombstoneStream(stream);
    const error = await refusal([anyOf(stream), event()]);
    expect(error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: `Event stream '${stream}' is deleted.`,
    });
    expect(error.metadata.getMap()).toMatchObject({ exception: 'stream-deleted', 'stream-name': stream });
  });

  it('heeds of an event’s properties its type and whether it is JSON', async () => {
    const stream = newStream();
    const text = { type: 'tested', 'content-type': 'text/plain', created: '1' };
    await answer([anyOf(stream), event(randomUUID(), text), event()]);
    const [first, second] = (await collect(server.client.readStream(stream))).map((read) => read.event!);
    expect([first!.isJson, second!.isJson]).toEqual([false, true]);
    expect(Math.abs(first!.created.getTime() - second!.created.getTime())).toBeLessThan(60_000);
    const place = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(identifierOf(stream));
    const reading = readRaw(
      client,
      new streams.ReadReq.Options()
        .setStream(place.setStart(empty()))
        .setCount('2')
        .setNoFilter(empty())
        .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(empty())),
    );
    await eventually(() => expect(reading.ended).toBe(null));
    const kinds = reading.responses.map((read) => read.getEvent()!.getEvent()!.getMetadataMap().get('content-type'));
    expect(kinds).toEqual(['application/octet-stream', 'application/json']);
  });

  it('of nothing answers with the end of the stream, and makes none', async () => {
    const stream = newStream();
    const none = (await answer([anyOf(stream)])).getSuccess()!;
    expect(none.hasNoStream()).toBe(true);
    expect(await errorOf(collect(server.client.readStream(stream)))).toMatchObject({ type: 'stream-not-found' });
    await answer([anyOf(stream), event(), event()]);
    const some = (await answer([anyOf(stream)])).getSuccess()!;
    expect([some.getCurrentRevision(), some.hasPosition()]).toEqual(['1', true]);
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

  it('tells which expectation failed, in the old fields too', async () => {
    const stream = newStream();
    const [known, fresh] = [event(), event()];
    await answer([anyOf(stream), known]);
    // Any is a conflict with itself only where a part of the append was there before.
    const any = (await answer([anyOf(stream), known, fresh])).getWrongExpectedVersion()!;
    expect([any.hasExpectedAny(), any.hasAny2060()]).toEqual([true, true]);
    expect([any.getCurrentRevision(), any.getCurrentRevision2060()]).toEqual(['0', 0]);

    const none = new streams.AppendReq().setOptions(appendOptions(stream).setNoStream(empty()));
    const noStream = (await answer([none, fresh])).getWrongExpectedVersion()!;
    expect([noStream.hasExpectedNoStream(), noStream.getCurrentRevision()]).toEqual([true, '0']);

    const some = new streams.AppendReq().setOptions(appendOptions(newStream()).setStreamExists(empty()));
    const exists = (await answer([some, fresh])).getWrongExpectedVersion()!;
    expect([exists.hasExpectedStreamExists(), exists.hasStreamExists2060()]).toEqual([true, true]);
    expect([exists.hasCurrentNoStream(), exists.hasNoStream2060()]).toEqual([true, true]);
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
