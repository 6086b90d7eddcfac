import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventMessage } from './event-message.js';
import type { UuidForm } from './event-message.js';
import type { StoredEvent } from './stored-event.js';
import { tombstoneRevision, wireRevision } from './tombstone.js';
import { uuidFromBytes } from './uuid.js';

/** What the generated code makes of the same event. */
function generated({ event, link }: Parameters<typeof eventMessage>[0], form: UuidForm): Buffer {
  const read = new streams.ReadResp.ReadEvent().setCommitPosition(String((link ?? event)!.position));
  if (event !== undefined) read.setEvent(recorded(event, form));
  if (link !== undefined) read.setLink(recorded(link, form));
  return Buffer.from(new streams.ReadResp().setEvent(read).serializeBinary());
}

function recorded(event: StoredEvent, form: UuidForm): streams.ReadResp.ReadEvent.RecordedEvent {
  const id =
    form === 'string'
      ? new shared.UUID().setString(uuidFromBytes(event.id))
      : new shared.UUID().setStructured(
          new shared.UUID.Structured()
            .setMostSignificantBits(String(event.id.readBigInt64BE(0)))
            .setLeastSignificantBits(String(event.id.readBigInt64BE(8))),
        );
  const message = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(id)
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream)))
    .setStreamRevision(wireRevision(event.revision))
    .setPreparePosition(String(event.position))
    .setCommitPosition(String(event.position))
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  message
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.isJson ? 'application/json' : 'application/octet-stream')
    .set('created', `${event.created}0000`);
  return message;
}

const maxNumber = 2 ** 48 - 1;
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((any) => any.toWellFormed());
const uuid = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array)),
  fc.constantFrom(
    Buffer.alloc(16),
    Buffer.alloc(16, 0xff),
    Buffer.alloc(16).fill(1, 8),
    Buffer.alloc(16).fill(1, 0, 8),
  ),
);
const storedEvent: fc.Arbitrary<StoredEvent> = fc.record({
  position: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: maxNumber })),
  stream: text,
  revision: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: maxNumber })),
  id: uuid,
  type: text,
  isJson: fc.boolean(),
  created: fc.integer({ min: 0, max: maxNumber }),
  metadata: bytes(300),
  data: bytes(20_000),
});
const form = fc.constantFrom<UuidForm>('string', 'structured');

it('encodes every event and link as the generated code does', () => {
  fc.assert(
    fc.property(fc.option(storedEvent), fc.option(storedEvent), form, (event, link, uuidForm) => {
      fc.pre(event !== null || link !== null);
      const resolved = { event: event ?? undefined, link: link ?? undefined };
      expect(eventMessage(resolved, uuidForm).equals(generated(resolved, uuidForm))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('gives a tombstone the largest number that the wire has', () => {
  const [event] = fc.sample(storedEvent, 1);
  const message = eventMessage({ event: { ...event!, revision: tombstoneRevision }, link: undefined }, 'string');
  const read = streams.ReadResp.deserializeBinary(message).getEvent()!.getEvent()!;
  expect(read.getStreamRevision()).toBe('9223372036854775807');
});
