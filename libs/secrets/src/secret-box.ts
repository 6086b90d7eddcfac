/** Secrets at rest: what stands in a credential table can be read only with the process's encryption key. */
import { type KeyObject, createSecretKey } from 'node:crypto';
import { derivedKey } from './derived-key.js';
import { openText, sealText } from './sealed-text.js';

/** The sealed text was changed, belongs to another place, or was sealed under another key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor(context: string) {
    super(`The secret of ${context} can't be opened. Check that ENCRYPTION_KEY is the one it was stored with.`);
  }
}

/** Seals short texts with AES-256-GCM. */
export class SecretBox {
  private constructor(private readonly key: KeyObject) {}

  /** @param encryptionKey the 32 bytes of `ENCRYPTION_KEY`; other uses of it derive other keys */
  static fromKey(encryptionKey: Buffer): SecretBox {
    return new SecretBox(createSecretKey(derivedKey(encryptionKey, 'secret box')));
  }

  /** @param context names the place that the secret belongs to, like `webhook-credential:<id>`; needed to open it */
  seal(secret: string, context: string): string {
    return sealText(this.key, secret, context);
  }

  /** @throws SealBroken */
  open(sealed: string, context: string): string {
    const opened = openText(this.key, sealed, context);
    if (opened === undefined) throw new SealBroken(context);
    return opened;
  }
}
