import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseEventLine, toEventLine } from './event-line.js';
import type { PortableEvent } from './event-line.js';

const id = 'b1c2d3e4-0000-4000-8000-000000000001';
const origin = { created: Date.UTC(2026, 0, 2, 3, 4, 5, 678), position: '1234' };

type Changes = Partial<Omit<PortableEvent, 'data' | 'metadata'> & Record<'data' | 'metadata', string | Uint8Array>>;

function event(changes: Changes = {}): PortableEvent {
  const { data = '{"n":1}', metadata = '', ...others } = changes;
  return {
    stream: 'order-1',
    revision: 7,
    id,
    type: 'placed',
    isJson: true,
    data: Buffer.from(data as string),
    metadata: Buffer.from(metadata as string),
    ...others,
  };
}

it('shows JSON as JSON, and everything that the server knows of the event', () => {
  const line = toEventLine(event({ metadata: '{"by":"me"}' }), origin);
  expect(JSON.parse(line)).toEqual({
    stream: 'order-1',
    revision: 7,
    id,
    type: 'placed',
    contentType: 'application/json',
    data: { n: 1 },
    metadata: { by: 'me' },
    created: '2026-01-02T03:04:05.678Z',
    position: '1234',
  });
});

it('shows bytes as base64, has no metadata where there is none, and no position that nobody knows', () => {
  const line = toEventLine(event({ isJson: false, data: Uint8Array.of(0, 255) }), { created: 0, position: undefined });
  expect(JSON.parse(line)).toEqual({
    stream: 'order-1',
    revision: 7,
    id,
    type: 'placed',
    contentType: 'application/octet-stream',
    dataBase64: 'AP8=',
    created: '1970-01-01T00:00:00.000Z',
  });
});

it.each([
  ['a number that JavaScript would round', '{"n":12345678901234567890}'],
  ['a number that would be written otherwise', '{"n":1.0}'],
  ['blanks', '{ "n": 1 }'],
  ['two fields of one name', '{"n":1,"n":2}'],
  ['keys that would change places', '{"b":1,"1":2}'],
  ['what is no JSON', '{"n":'],
  ['nothing', ''],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['an end of line for some readers', '"\u2028"'],
  ['half a character', String.raw`"\ud800"`],
])('keeps every byte of JSON data with %s', (_what, data) => {
  const line = toEventLine(event({ data }), origin);
  expect(line).not.toContain('\n');
  expect(parseEventLine(line)).toEqual(event({ data }));
});

it('keeps the tombstone of a stream without a number', () => {
  const tombstone = event({ revision: undefined, type: '$streamDeleted', data: '', isJson: false });
  expect(parseEventLine(toEventLine(tombstone, origin))).toEqual(tombstone);
});

it('keeps any event', () => {
  const bytes = fc.oneof(
    fc.uint8Array().map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(text)),
  );
  const events = fc.record({
    stream: fc.string({ unit: 'grapheme', minLength: 1 }),
    revision: fc.nat(),
    id: fc.uuid(),
    type: fc.string({ unit: 'grapheme', minLength: 1 }),
    isJson: fc.boolean(),
    data: bytes,
    metadata: bytes,
  });
  fc.assert(
    fc.property(events, (any) => {
      const line = toEventLine(any, origin);
      expect(line).not.toContain('\n');
      expect(parseEventLine(line)).toEqual(any);
    }),
  );
});

const good = { stream: 's', revision: 0, id, type: 't', contentType: 'application/json', data: {} };
it.each([
  ['{"stream":', /^It is not JSON: /],
  ['[]', /^It is not a JSON object\.$/],
  [JSON.stringify({ ...good, stream: '' }), /"stream" must be the name/],
  [JSON.stringify({ ...good, revision: '3' }), /"revision" must be a whole number/],
  [JSON.stringify({ ...good, revision: -1 }), /"revision" must be a whole number/],
  [JSON.stringify({ ...good, revision: 1.5 }), /"revision" must be a whole number/],
  [JSON.stringify({ ...good, revision: undefined }), /"revision" must be a whole number/],
  [JSON.stringify({ ...good, id: 'x' }), /"id" must be a UUID/],
  [JSON.stringify({ ...good, type: 5 }), /"type" must be a text/],
  [JSON.stringify({ ...good, contentType: 'text/plain' }), /"contentType" must be application\/json or/],
  [JSON.stringify({ ...good, contentType: 'application/octet-stream' }), /give bytes as "dataBase64"/],
  [JSON.stringify({ ...good, data: undefined }), /either "data" or "dataBase64"/],
  [JSON.stringify({ ...good, dataBase64: '' }), /either "data" or "dataBase64"/],
  [JSON.stringify({ ...good, data: undefined, dataBase64: 'A' }), /"dataBase64" must be base64/],
  [JSON.stringify({ ...good, metadataBase64: 12 }), /"metadataBase64" must be base64/],
])('says what is wrong with %s', (line, complaint) => {
  expect(() => parseEventLine(line)).toThrow(complaint);
});
