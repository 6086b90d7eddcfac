import { describe, expect, it } from 'vitest';
import { excerptOf, retryAfterMs } from './webhook-answer.js';

describe('an excerpt of an answer', () => {
  it.each([
    ['Service Unavailable', 'Service Unavailable'],
    ['{\n  "error": "no such customer"\n}\n', '{ "error": "no such customer" }'],
    ['ask it@abc-corp.example for help', 'ask … for help'],
    ['key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is wrong', 'key … is wrong'],
    ['{"password":"s3cret"}', '{"password":"…"}'],
    ['Authorization: Bearer abc', 'Authorization: Bearer …'],
    ['api_key=p%21ss&x=1', 'api_key=…&x=1'],
    ['There is no such token.', 'There is no such token.'],
    ['環境が見つかりません', '環境が見つかりません'],
    ['\u0000\u001b[31m\ufffd', '[31m'],
    ['', ''],
  ])('of %j is %j', (body, excerpt) => {
    expect(excerptOf(Buffer.from(body))).toBe(excerpt);
  });

  it('is short, and half a character is none', () => {
    const long = excerptOf(Buffer.from('あ '.repeat(500)));
    expect(Array.from(long)).toHaveLength(200);
    expect(excerptOf(Buffer.from('環').subarray(0, 2))).toBe('');
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-01-05T09:00:00Z');

  it.each<[string | undefined, number | undefined]>([
    ['120', 120_000],
    [' 1 ', 1_000],
    ['Mon, 05 Jan 2026 09:10:00 GMT', 600_000],
    ['Mon, 05 Jan 2026 08:00:00 GMT', undefined],
    ['0', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %s', (header, wait) => {
    expect(retryAfterMs(header, now)).toBe(wait);
  });
});
