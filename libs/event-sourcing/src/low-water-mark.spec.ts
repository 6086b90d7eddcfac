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
});
