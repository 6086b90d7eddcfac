/** Texts under AES-256-GCM, as they stand in a table or an event. */
import { type CipherKey, createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const version = 'v1';
const ivBytes = 12;
const tagBytes = 16;
const options = { authTagLength: tagBytes };

/** Random bytes for many IVs: asking the system for each one costs as much as the encryption. */
const randomPool = Buffer.alloc(ivBytes * 256);
let used = randomPool.length;

/**
 * Never seals alike twice.
 * @param key 32 bytes; a KeyObject is several times faster than a Buffer
 * @param place is bound to the text: it can't be opened in another one
 */
export function sealText(key: CipherKey, text: string, place: string): string {
  const iv = freshIv();
  const cipher = createCipheriv(algorithm, key, iv, options).setAAD(Buffer.from(place));
  const parts = [cipher.update(text, 'utf8'), cipher.final()];
  return `${version}.${Buffer.concat([iv, cipher.getAuthTag(), ...parts]).toString('base64url')}`;
}

/** Answers undefined for a text that was changed, belongs to another place or was sealed with another key. */
export function openText(key: CipherKey, sealed: string, place: string): string | undefined {
  if (!sealed.startsWith(`${version}.`)) return undefined;
  const bytes = Buffer.from(sealed.slice(version.length + 1), 'base64url');
  if (bytes.length < ivBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), options)
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  const opened = decipher.update(bytes.subarray(ivBytes + tagBytes));
  try {
    // Checks the tag; there is nothing left to decrypt.
    decipher.final();
    return opened.toString('utf8');
  } catch {
    // It says nothing but "unable to authenticate data".
    return undefined;
  }
}

/** Valid until the next one is asked for. */
function freshIv(): Buffer {
  if (used === randomPool.length) {
    randomFillSync(randomPool);
    used = 0;
  }
  used += ivBytes;
  return randomPool.subarray(used - ivBytes, used);
}
