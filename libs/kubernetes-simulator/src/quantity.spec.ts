import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantity } from './quantity.js';

describe('quantities', () => {
  it.each([
    ['1', 1],
    ['500m', 0.5],
    ['1.5', 1.5],
    ['2Ki', 2048],
    ['1Gi', 1_073_741_824],
    ['3k', 3000],
    ['1e3', 1000],
    [2, 2],
  ])('reads %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

  it.each(['', 'much', '1 Gi', '1Gib', '--1'])('refuses "%s"', (text) => expect(parseQuantity(text)).toBeUndefined());

  it.each([
    [0.75, '1', '750m'],
    [3, '4', '3'],
    [3 * 2 ** 30, '8Gi', '3Gi'],
    [1.5 * 2 ** 30, '8Gi', '1536Mi'],
    [0, '8Gi', '0'],
  ])('prints %s like %s', (value, like, text) => expect(formatQuantity(value, like)).toBe(text));
});
