import { createHash, createHmac } from 'node:crypto';
import { derivedKey } from '#libs/secrets/src/derived-key.js';

/**
 * Secrets that are shown once and stored as hashes only. They are made from the command's id with a key, so that a
 * request that is repeated because its answer was lost gets the same answer.
 */
export class RepeatableSecrets {
  private readonly key: Buffer;

  /** @param encryptionKey the 32 bytes of `ENCRYPTION_KEY` */
  constructor(encryptionKey: Buffer) {
    this.key = derivedKey(encryptionKey, 'secrets that are shown once');
  }

  /** 32 bytes. */
  of(purpose: string, commandId: string): Buffer {
    return createHmac('sha256', this.key).update(`${purpose} ${commandId}`).digest();
  }
}

/** For secrets that nobody can guess, a fast hash is enough. base64url. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
