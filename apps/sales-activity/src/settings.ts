import { integer, readEnv } from '#libs/http/src/env.js';

const anHourMs = 3_600_000;
/** After a sweep that failed, which must not cost another hour. */
const retryMs = 30_000;

/**
 * Pauses of the schedule that tells of tasks which are due soon.
 * @throws EnvError
 */
export function dueSoonPauses(): { readonly everyMs: number; readonly retryMs: number } {
  const { DUE_SOON_EVERY_MS } = readEnv({ DUE_SOON_EVERY_MS: integer({ default: anHourMs, min: 100, max: anHourMs }) });
  return { everyMs: DUE_SOON_EVERY_MS, retryMs: Math.min(retryMs, DUE_SOON_EVERY_MS) };
}
