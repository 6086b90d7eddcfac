/** Signatures by Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, on the bytes as they came. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Clocks may differ by this much, both ways. */
export const toleranceMs = 5 * 60 * 1000;

const secretPrefix = 'whsec_';
const secretBytes = 32;
const signatureBytes = 32;

export interface SignedWebhook {
  /** Headers as they came; undefined where one is missing. */
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  readonly body: Buffer;
}

/** A new secret in the form that senders know: `whsec_<base64>`. */
export function newSigningSecret(): string {
  return secretPrefix + randomBytes(secretBytes).toString('base64');
}

/** The value of one entry of `webhook-signature`: `v1,<base64>`. */
export function signatureOf(secret: string, id: string, timestamp: string, body: Buffer): string {
  return `v1,${digest(secret, id, timestamp, body).toString('base64')}`;
}

/**
 * Whether the form and the clock of a webhook are right, so that its signature is worth checking.
 * A dot in the id or the timestamp would let one signature fit two messages.
 */
export function isTimely({ id, timestamp, signature }: SignedWebhook, now: Date): boolean {
  if (id === undefined || timestamp === undefined || signature === undefined) return false;
  if (!/^[\x21-\x2d\x2f-\x7e]{1,255}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(Number(timestamp) * 1000 - now.getTime()) <= toleranceMs;
}

/** Whether one of the signatures was made with one of the secrets. Takes the same time wherever they differ. */
export function isSigned({ id, timestamp, signature, body }: SignedWebhook, secrets: readonly string[]): boolean {
  if (id === undefined || timestamp === undefined || signature === undefined) return false;
  const claimed = signature
    .split(' ')
    .filter((entry) => entry.startsWith('v1,'))
    .map((entry) => Buffer.from(entry.slice('v1,'.length), 'base64'))
    .filter((bytes) => bytes.length === signatureBytes);
  let found = false;
  for (const secret of secrets) {
    const expected = digest(secret, id, timestamp, body);
    for (const bytes of claimed) found = timingSafeEqual(bytes, expected) || found;
  }
  return found;
}

function digest(secret: string, id: string, timestamp: string, body: Buffer): Buffer {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
