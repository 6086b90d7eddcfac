import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LowWaterMark } from './low-water-mark.js';

const at = '2026-01-01T00:00:00.000Z';

describe('the low-water mark', () => {
  it('stands before the first unfinished event, whatever is done above it', () => {
    const mark = new LowWaterMark(10n);
    mark.begin(12n, at);
    mark.begin(15n, '2026-01-02T00:00:00.000Z');
    mark.pass(20n);
    mark.finish(15n);
    expect([mark.value, mark.oldest]).toEqual([10n, at]);
    mark.finish(12n);
    expect([mark.value, mark.oldest]).toEqual([20n, undefined]);
  });

  it('moves over finished events up to the next unfinished one', () => {
    const mark = new LowWaterMark(-1n);
    for (const position of [3n, 5n, 9n]) mark.begin(position, at);
    mark.finish(3n);
    expect(mark.value).toBe(3n);
  });

  it('never passes an unfinished event, and misses no finished one, in whatever order work ends', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('begin' as const), gap: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('pass' as const), gap: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('finish' as const), pick: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mark = new LowWaterMark(-1n);
        let log: { position: bigint; done: boolean }[] = [];
        let head = -1n;
        for (const each of steps) {
          const open = log.filter(({ done }) => !done);
          if (each.kind === 'finish') {
            const finished = open[each.pick % Math.max(1, open.length)];
            if (finished) mark.finish(finished.position);
            log = log.map((entry) => (entry === finished ? { ...entry, done: true } : entry));
          } else {
            head += BigInt(each.gap);
            if (each.kind === 'pass') mark.pass(head);
            else mark.begin(head, at);
            log.push({ position: head, done: each.kind === 'pass' });
          }
          const first = log.findIndex(({ done }) => !done);
          expect(mark.value).toBe(first < 0 ? head : (log[first - 1]?.position ?? -1n));
        }
      }),
    );
  });
});
