/** Secrets at rest: what stands in a credential table can be read only with the process's encryption key. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { derivedKey } from './derived-key.js';

const algorithm = 'aes-256-gcm';
const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;

/** The sealed text was changed, belongs to another place, or was sealed under another key. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor(context: string) {
    super(`The secret of ${context} can't be opened. Check that ENCRYPTION_KEY is the one it was stored with.`);
  }
}

/** Seals short texts with AES-256-GCM. */
export class SecretBox {
  private constructor(private readonly key: Buffer) {}

  /** @param encryptionKey the 32 bytes of `ENCRYPTION_KEY`; other uses of it derive other keys */
  static fromKey(encryptionKey: Buffer): SecretBox {
    return new SecretBox(derivedKey(encryptionKey, 'secret box'));
  }

  /** @param context names the place that the secret belongs to, like `webhook-credential:<id>`; needed to open it */
  seal(secret: string, context: string): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return `${version}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** @throws SealBroken */
  open(sealed: string, context: string): string {
    const [prefix, content = ''] = sealed.split('.', 2);
    const bytes = Buffer.from(content, 'base64url');
    if (prefix !== version || bytes.length < ivBytes + tagBytes) throw new SealBroken(context);
    const decipher = createDecipheriv(algorithm, this.key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    const opened = decipher.update(bytes.subarray(ivBytes + tagBytes));
    try {
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch {
      // The cause says nothing but "unable to authenticate data".
      throw new SealBroken(context);
    }
  }
}
