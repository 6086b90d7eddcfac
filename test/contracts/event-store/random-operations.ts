import * as fc from 'fast-check';
import type { Direction, ModelMetadata } from './stream-model.js';

/** Which revision an append or a deletion names: one in words, a number, or one beside the last number of the stream. */
export type NamedRevision =
  'any' | 'no_stream' | 'stream_exists' | { readonly at: number } | { readonly beside: number };

export type Operation =
  | {
      readonly kind: 'append';
      readonly stream: number;
      readonly ids: readonly number[];
      readonly expected: NamedRevision;
    }
  /** The same append as one before, with the revision that it named or another one. */
  | { readonly kind: 'repeat'; readonly which: number; readonly expected: NamedRevision | undefined }
  | {
      readonly kind: 'read';
      readonly stream: number;
      readonly direction: Direction;
      readonly from: number | 'start' | 'end';
      readonly count: number;
    }
  | {
      readonly kind: 'delete';
      readonly stream: number;
      readonly expected: Exclude<NamedRevision, 'stream_exists'>;
      readonly forEver: boolean;
    }
  | { readonly kind: 'setMetadata'; readonly stream: number; readonly metadata: ModelMetadata }
  | { readonly kind: 'readAll' }
  | { readonly kind: 'scavenge' }
  | { readonly kind: 'restart' };

/** Few streams and few ids, so that operations meet each other. */
const streams = 3;
const ids = 14;

const stream = fc.nat({ max: streams - 1 });
const numbered = fc.oneof(
  fc.record({ at: fc.nat({ max: 12 }) }),
  fc.record({ beside: fc.integer({ min: -3, max: 2 }) }),
);
const expected: fc.Arbitrary<NamedRevision> = fc.oneof(
  fc.constantFrom('any' as const, 'no_stream' as const, 'stream_exists' as const),
  numbered,
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream,
      ids: fc.uniqueArray(fc.nat({ max: ids - 1 }), { minLength: 1, maxLength: 4 }),
      expected,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      which: fc.nat({ max: 20 }),
      expected: fc.option(expected, { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      stream,
      direction: fc.constantFrom('forwards' as const, 'backwards' as const),
      from: fc.oneof(fc.constantFrom('start' as const, 'end' as const), fc.nat({ max: 12 })),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      stream,
      expected: fc.oneof(fc.constantFrom('any' as const, 'no_stream' as const), numbered),
      forEver: fc.nat({ max: 5 }).map((number) => number === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setMetadata' as const),
      stream,
      metadata: fc.record(
        { maxCount: fc.integer({ min: 1, max: 6 }), truncateBefore: fc.nat({ max: 10 }) },
        { requiredKeys: [] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('readAll' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scavenge' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

export const sequences = fc.array(operation, { minLength: 5, maxLength: 40 });
