import { hkdfSync } from 'node:crypto';

/**
 * A key of 32 bytes for one purpose, so that no two uses of `ENCRYPTION_KEY` share a key.
 * @param purpose never change it: what was sealed or hashed for it is lost
 */
export function derivedKey(encryptionKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', encryptionKey, '', `keiyaku ${purpose}`, 32));
}
