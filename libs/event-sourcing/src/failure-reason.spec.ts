import { describe, expect, it } from 'vitest';
import { failureReason } from './failure-reason.js';

class OutOfPaper extends Error {
  override readonly name = 'OutOfPaper';
  readonly code = 'E_PAPER';
}

function print(): OutOfPaper {
  return new OutOfPaper('hanako@example.com\n    at Hanako (/srv/apps/secret/src/tanaka.ts:1:1)\nwants her mail');
}

describe('the reason of a failure', () => {
  it('names the kind of the error, its code and the place, and nothing of its message', () => {
    expect(failureReason(print())).toMatch(
      /^OutOfPaper E_PAPER at print \(libs\/event-sourcing\/src\/failure-reason\.spec\.ts:\d+\)$/,
    );
  });

  it('names the code of what lies under it', () => {
    const cause = Object.assign(new Error('connect 10.0.0.1:443'), { code: 'ECONNREFUSED' });
    expect(failureReason(new TypeError('fetch failed', { cause }))).toMatch(/^TypeError ECONNREFUSED at /);
  });

  it('is not taken in by a name or a code that is text', () => {
    const error = Object.assign(new Error('secret'), { name: 'hanako@example.com', code: 'key: abc def' });
    delete error.stack;
    expect(failureReason(error)).toBe('Error');
  });

  it('says what else was thrown', () => {
    expect(failureReason('hanako@example.com')).toBe('A string was thrown');
  });
});
