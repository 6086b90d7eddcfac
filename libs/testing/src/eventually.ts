import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** How long to go on trying, in milliseconds. */
  readonly timeoutMs?: number;
}

const pauseMs = 10;

/**
 * Runs `check` until it neither throws nor rejects and answers its value.
 * After the time-out the last error is thrown, so the test report says what was still wrong.
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await delay(pauseMs);
  }
}
