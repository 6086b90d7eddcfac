import { afterEach, expect, it, vi } from 'vitest';
import { dueSoonPauses } from './settings.js';

afterEach(() => vi.unstubAllEnvs());

it('tasks that are due soon are looked for every hour, and half a minute after a look that failed', () => {
  vi.stubEnv('DUE_SOON_EVERY_MS', undefined);
  expect(dueSoonPauses()).toEqual({ everyMs: 3_600_000, retryMs: 30_000 });
});

it('they are never looked for more seldom, and never after a longer pause than the usual one', () => {
  vi.stubEnv('DUE_SOON_EVERY_MS', '3600001');
  expect(dueSoonPauses).toThrow('DUE_SOON_EVERY_MS');
  vi.stubEnv('DUE_SOON_EVERY_MS', '200');
  expect(dueSoonPauses()).toEqual({ everyMs: 200, retryMs: 200 });
});
