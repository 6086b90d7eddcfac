import { describe, expect, it } from 'vitest';
import { decideAppend } from './expected-revision.js';
import type { AppendDecision, ExpectedRevision } from './expected-revision.js';

interface Row {
  readonly title: string;
  /** Ids of the stored events, by number. */
  readonly stored: readonly string[];
  /** Those of them that are remembered; all, when it is not said. */
  readonly remembered?: readonly string[];
  readonly metadata?: boolean;
  readonly deleted?: 'softly' | 'for ever';
  readonly expected: ExpectedRevision;
  readonly ids: readonly string[];
  readonly decision: AppendDecision;
}

const any = { kind: 'any' } as const;
const exists = { kind: 'stream_exists' } as const;
const noStream = { kind: 'no_stream' } as const;
const at = (revision: bigint): ExpectedRevision => ({ kind: 'revision', revision });
const write = { kind: 'write' } as const;
const conflict = { kind: 'conflict' } as const;
const deleted = { kind: 'deleted' } as const;
const repeat = (last: number): AppendDecision => ({ kind: 'repeat', last });

const rows: Row[] = [
  { title: 'any, no stream', stored: [], expected: any, ids: ['a'], decision: write },
  { title: 'any, first id unknown', stored: ['a'], expected: any, ids: ['b'], decision: write },
  { title: 'any, first unknown, later known', stored: ['a'], expected: any, ids: ['b', 'a'], decision: write },
  { title: 'any, all known', stored: ['a', 'b', 'c'], expected: any, ids: ['a', 'b'], decision: repeat(1) },
  {
    title: 'any, all known but not side by side',
    stored: ['a', 'b', 'c'],
    expected: any,
    ids: ['a', 'c'],
    decision: repeat(2),
  },
  { title: 'any, first known, later not', stored: ['a'], expected: any, ids: ['a', 'b'], decision: conflict },
  { title: 'any, stored but forgotten', stored: ['a'], remembered: [], expected: any, ids: ['a'], decision: write },
  { title: 'any, nothing to append', stored: ['a'], expected: any, ids: [], decision: write },
  { title: 'any, nothing to append, no stream', stored: [], expected: any, ids: [], decision: write },

  { title: 'exists, no stream', stored: [], expected: exists, ids: ['a'], decision: conflict },
  { title: 'exists, metadata only', stored: [], metadata: true, expected: exists, ids: ['a'], decision: write },
  { title: 'exists, first id unknown', stored: ['a'], expected: exists, ids: ['b'], decision: write },
  { title: 'exists, all known', stored: ['a', 'b'], expected: exists, ids: ['a', 'b'], decision: repeat(1) },
  { title: 'exists, first known, later not', stored: ['a'], expected: exists, ids: ['a', 'b'], decision: conflict },
  { title: 'exists, nothing to append', stored: ['a'], expected: exists, ids: [], decision: write },

  { title: 'no stream, none', stored: [], expected: noStream, ids: ['a'], decision: write },
  { title: 'no stream, same ids', stored: ['a', 'b', 'c'], expected: noStream, ids: ['a', 'b'], decision: repeat(1) },
  {
    title: 'no stream, same ids, forgotten',
    stored: ['a'],
    remembered: [],
    expected: noStream,
    ids: ['a'],
    decision: repeat(0),
  },
  { title: 'no stream, other first id', stored: ['a'], expected: noStream, ids: ['b'], decision: conflict },
  { title: 'no stream, other later id', stored: ['a', 'b'], expected: noStream, ids: ['a', 'c'], decision: conflict },
  { title: 'no stream, more than stored', stored: ['a'], expected: noStream, ids: ['a', 'b'], decision: conflict },
  { title: 'no stream, nothing to append, exists', stored: ['a'], expected: noStream, ids: [], decision: conflict },
  { title: 'no stream, nothing to append, none', stored: [], expected: noStream, ids: [], decision: write },

  { title: 'current', stored: ['a', 'b'], expected: at(1n), ids: ['c'], decision: write },
  { title: 'current, id known already', stored: ['a', 'b'], expected: at(1n), ids: ['a'], decision: write },
  { title: 'current, nothing to append', stored: ['a', 'b'], expected: at(1n), ids: [], decision: write },
  { title: 'older, same ids', stored: ['a', 'b', 'c'], expected: at(0n), ids: ['b', 'c'], decision: repeat(2) },
  { title: 'older, other first id', stored: ['a', 'b', 'c'], expected: at(0n), ids: ['c'], decision: conflict },
  { title: 'older, other later id', stored: ['a', 'b', 'c'], expected: at(0n), ids: ['b', 'x'], decision: conflict },
  { title: 'older, more than stored', stored: ['a', 'b'], expected: at(0n), ids: ['b', 'c'], decision: conflict },
  { title: 'older, nothing to append', stored: ['a', 'b'], expected: at(0n), ids: [], decision: conflict },
  { title: 'newer', stored: ['a'], expected: at(1n), ids: ['b'], decision: conflict },
  { title: 'newer, no stream', stored: [], expected: at(0n), ids: ['a'], decision: conflict },
  { title: 'any, soft-deleted, unknown', stored: ['a'], deleted: 'softly', expected: any, ids: ['b'], decision: write },
  {
    title: 'any, soft-deleted, known',
    stored: ['a'],
    deleted: 'softly',
    expected: any,
    ids: ['a'],
    decision: repeat(0),
  },
  { title: 'exists, soft-deleted', stored: ['a'], deleted: 'softly', expected: exists, ids: ['b'], decision: deleted },
  {
    title: 'exists, soft-deleted, known',
    stored: ['a'],
    deleted: 'softly',
    expected: exists,
    ids: ['a'],
    decision: deleted,
  },
  {
    title: 'no stream, soft-deleted, unknown',
    stored: ['a'],
    deleted: 'softly',
    expected: noStream,
    ids: ['b'],
    decision: write,
  },
  {
    title: 'no stream, soft-deleted, known',
    stored: ['a'],
    deleted: 'softly',
    expected: noStream,
    ids: ['a'],
    decision: repeat(0),
  },
  {
    title: 'no stream, soft-deleted, first known, later not',
    stored: ['a'],
    deleted: 'softly',
    expected: noStream,
    ids: ['a', 'b'],
    decision: conflict,
  },
  {
    title: 'no stream, soft-deleted, nothing to append',
    stored: ['a'],
    deleted: 'softly',
    expected: noStream,
    ids: [],
    decision: conflict,
  },
  { title: 'current, soft-deleted', stored: ['a'], deleted: 'softly', expected: at(0n), ids: ['b'], decision: write },
  {
    title: 'older, soft-deleted',
    stored: ['a', 'b'],
    deleted: 'softly',
    expected: at(0n),
    ids: ['c'],
    decision: conflict,
  },
  ...[any, exists, noStream, at(0n)].map((expected): Row => ({
    title: `${expected.kind}, tombstoned`,
    stored: ['a'],
    deleted: 'for ever',
    expected,
    ids: ['a'],
    decision: deleted,
  })),
  { title: 'newer than any number', stored: ['a'], expected: at(2n ** 63n - 1n), ids: ['b'], decision: conflict },
];

describe('an append is decided by expected revision and ids', () => {
  it.each(rows)(
    '$title',
    ({ stored, remembered = stored, metadata = false, deleted: gone, expected, ids, decision }) => {
      const facts = {
        last: stored.length - 1,
        isTombstoned: gone === 'for ever',
        isSoftDeleted: () => gone === 'softly',
        hasMetadata: () => metadata,
        recentRevision: (id: string) => (remembered.includes(id) ? stored.indexOf(id) : undefined),
        idAt: (revision: number) => stored[revision],
      };
      expect(decideAppend(expected, ids, facts)).toEqual(decision);
    },
  );
});
