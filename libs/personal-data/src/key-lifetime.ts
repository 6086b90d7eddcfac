import { integer, readEnv } from '#libs/http/src/env.js';

/**
 * How long a process may use a key without another look at the key database, in milliseconds. An erasure waits that
 * long, so every process has the same `PERSONAL_KEYS_IN_MEMORY_SECONDS`; design §9 allows 60 at most.
 * @throws EnvError
 */
export function keyLifetimeMs(): number {
  const { PERSONAL_KEYS_IN_MEMORY_SECONDS: seconds } = readEnv({
    PERSONAL_KEYS_IN_MEMORY_SECONDS: integer({ min: 1, max: 60, default: 60 }),
  });
  return seconds * 1_000;
}
