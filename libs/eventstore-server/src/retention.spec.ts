import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReadable, isSoftDeleted, readableRange } from './retention.js';
import { softDeleted } from './stream-metadata.js';
import type { StreamMetadata } from './stream-metadata.js';
import { tombstoneRevision } from './tombstone.js';

const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
const limits = fc
  .record({
    maxCount: limit(12),
    maxAge: limit(20),
    truncateBefore: fc.option(fc.oneof(fc.nat(14), fc.constant(softDeleted)), { nil: undefined }),
  })
  .map((record) => JSON.parse(JSON.stringify(record)) as StreamMetadata);
/** Ages in milliseconds of the events of a stream, in no order: clocks go back at times. */
const ages = fc.array(fc.nat(25_000), { maxLength: 12 });

describe('what of a stream can be read', () => {
  it('is what all three limits leave', () => {
    fc.assert(
      fc.property(limits, ages, (metadata, agesOfEvents) => {
        const now = 1_763_770_000_000;
        const events = agesOfEvents.map((age, revision) => ({ revision, created: now - age }));
        // The rules one by one, each on the list of events as a reader would count them.
        const newest = metadata.maxCount === undefined ? events : events.slice(-metadata.maxCount);
        const left = newest
          .filter(({ revision }) => metadata.truncateBefore === undefined || revision >= metadata.truncateBefore)
          .filter(({ created }) => metadata.maxAge === undefined || now - created <= metadata.maxAge * 1_000);
        const range = readableRange(metadata, events.length - 1, now);
        expect(events.filter((event) => isReadable(range, event))).toEqual(left);
      }),
    );
  });

  it.each<{ title: string; metadata: StreamMetadata; last: number; from: number }>([
    { title: 'everything without limits', metadata: {}, last: 9, from: 0 },
    { title: 'the last three', metadata: { maxCount: 3 }, last: 9, from: 7 },
    { title: 'all of a stream that is shorter', metadata: { maxCount: 30 }, last: 9, from: 0 },
    { title: 'from a number on', metadata: { truncateBefore: 4 }, last: 9, from: 4 },
    { title: 'nothing yet', metadata: { truncateBefore: 10 }, last: 9, from: 10 },
    { title: 'the narrower of two limits', metadata: { truncateBefore: 4, maxCount: 2 }, last: 9, from: 8 },
    { title: 'nothing of no events', metadata: { maxCount: 2 }, last: -1, from: 0 },
    { title: 'nothing but the tombstone', metadata: {}, last: tombstoneRevision, from: tombstoneRevision },
  ])('$title', ({ metadata, last, from }) => {
    expect(readableRange(metadata, last, 0)).toEqual({ from, notBefore: undefined });
  });

  it('ends an event’s time with the millisecond after its age', () => {
    const range = readableRange({ maxAge: 2 }, 0, 10_000);
    expect(range).toEqual({ from: 0, notBefore: 8_000 });
    expect(isReadable(range, { revision: 0, created: 8_000 })).toBe(true);
    expect(isReadable(range, { revision: 0, created: 7_999 })).toBe(false);
  });

  it('is nothing after a soft delete', () => {
    expect(isSoftDeleted({ truncateBefore: softDeleted })).toBe(true);
    expect(isSoftDeleted({ truncateBefore: 2 ** 48 })).toBe(false);
    expect(isSoftDeleted({})).toBe(false);
    const range = readableRange({ truncateBefore: softDeleted }, 9, 0);
    expect(isReadable(range, { revision: 9, created: 0 })).toBe(false);
  });
});
