import { randomUUID } from 'node:crypto';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { batchOfBytes, rawClient } from './raw-calls.js';
import type { RawClient } from './raw-calls.js';
import { describeOurs, newEvents, newStream, useServerUnderTest } from './server-under-test.js';

const server = useServerUnderTest();
let client: RawClient;
beforeAll(() => {
  client = rawClient(server.url);
});
afterAll(() => client.close());

describe('a message of bytes', () => {
  const endOf = async (bytes: Uint8Array) => {
    const answers = batchOfBytes(client, bytes);
    return eventually(() => {
      expect(answers.ended).not.toBe(undefined);
      return answers.ended;
    });
  };
  const goesOn = async (): Promise<boolean> => (await server.client.appendToStream(newStream(), newEvents(1))).success;

  it('that is larger than 16 MiB - 10,000 ends its call, and the server goes on', async () => {
    const message = new streams.BatchAppendReq.ProposedMessage().setData(Buffer.alloc(16 * 1024 * 1024 - 10_000));
    const tooLarge = new streams.BatchAppendReq().setProposedMessagesList([message]).serializeBinary();
    expect(await endOf(tooLarge)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await goesOn()).toBe(true);
  });

  // What a real server answers is not known.
  describeOurs('that are no message', () => {
    const endless = [...Array.from({ length: 150 }, () => 0x80), 0];
    const field = (number: number, bytes: readonly number[]) => [(number << 3) | 2, bytes.length, ...bytes];
    const options = field(2, [...field(1, field(3, [...Buffer.from(newStream())])), ...field(4, [])]);
    const id = field(2, [...Buffer.from(randomUUID())]);

    it.each([
      { title: 'an endless tag', bytes: endless },
      { title: 'an endless length', bytes: [(2 << 3) | 2, ...endless] },
      { title: 'an endless number', bytes: [4 << 3, ...endless] },
      { title: 'an endless revision', bytes: field(2, [2 << 3, ...Array.from({ length: 20 }, () => 0x80), 0]) },
      { title: 'a length beyond the end', bytes: [(3 << 3) | 2, 40, 1] },
    ])('$title: the call ends, and the server goes on', async ({ bytes }) => {
      expect(await endOf(Buffer.from(bytes))).toMatchObject({
        code: status.INTERNAL,
        details: 'Error deserializing request',
      });
      expect(await goesOn()).toBe(true);
    });

    it.each([
      { title: 'a broken correlation id', bytes: [...field(1, [0x12, 40]), ...options] },
      { title: 'a broken correlation id, and no options', bytes: field(1, [0x12, 40]) },
      { title: 'an endless correlation id', bytes: [...field(1, [8, ...endless.slice(-20)]), ...options] },
      {
        title: 'more behind the correlation id',
        bytes: [...field(1, [...id, 0x12, 40]), ...options, ...field(3, []), 4 << 3, 1],
      },
      {
        title: 'the same, of a conflict',
        bytes: [...field(1, [...id, 0x12, 40]), ...options, ...field(2, [2 << 3, 5]), 4 << 3, 1],
      },
    ])('inside: $title: the call ends, and the server goes on', async ({ bytes }) => {
      await endOf(Buffer.from(bytes));
      expect(await goesOn()).toBe(true);
    });
  });
});
