import { readEnv, secretKey } from '#libs/http/src/env.js';

/** @throws EnvError */
export function encryptionKey(): Buffer {
  return readEnv({ ENCRYPTION_KEY: secretKey() }).ENCRYPTION_KEY;
}
