import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeEvent, encodeEvent } from './stored-event.js';
import { parseUuid, uuidFromBytes, uuidFromHalves, uuidToBytes } from './uuid.js';

it.each([
  { stream: 'customer-1', type: 'customer.created', metadata: '{"a":1}', data: '{"b":2}', isJson: true },
  { stream: '契約-🎉', type: '種類', metadata: '', data: '', isJson: false },
])('a stored event comes back as it was: $stream', ({ stream, type, metadata, data, isJson }) => {
  const event = {
    position: 4711,
    stream,
    revision: 2 ** 40,
    id: uuidToBytes(randomUUID()),
    type,
    isJson,
    created: 1_763_770_000_123,
    metadata: Buffer.from(metadata),
    data: Buffer.from(data),
  };
  expect(decodeEvent(4711, encodeEvent(event))).toEqual(event);
});

it('reads a UUID in every form it comes in', () => {
  const uuid = 'f0000000-0000-4000-8000-00000000000a';
  expect(parseUuid(uuid.toUpperCase())).toBe(uuid);
  expect(parseUuid(uuid.replaceAll('-', ''))).toBe(uuid);
  expect(parseUuid(`${uuid}0`)).toBeUndefined();
  expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid);
  const bytes = uuidToBytes(uuid);
  expect(uuidFromHalves(bytes.readBigInt64BE(0), bytes.readBigInt64BE(8))).toBe(uuid);
});
