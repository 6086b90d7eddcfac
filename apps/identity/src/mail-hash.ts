import { createHmac } from 'node:crypto';
import { derivedKey } from '#libs/secrets/src/derived-key.js';

/** Finds a sign-in mail without storing it: a hash that only the holder of the key can make, hence not guess. */
export class MailHash {
  private readonly key: Buffer;

  /** @param encryptionKey the 32 bytes of `ENCRYPTION_KEY` */
  constructor(encryptionKey: Buffer) {
    this.key = derivedKey(encryptionKey, 'sign-in mail');
  }

  /** The same for every way to write the mail in capitals and full-width letters. base64url. */
  of(mail: string): string {
    return createHmac('sha256', this.key).update(normalisedMail(mail)).digest('base64url');
  }
}

function normalisedMail(mail: string): string {
  return mail.trim().normalize('NFKC').toLowerCase();
}
