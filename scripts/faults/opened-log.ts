import { createDecipheriv, hkdfSync } from 'node:crypto';
import { Client } from 'pg';
import type { RawEvent } from './raw-log.js';

interface Sealed {
  readonly subject: string;
  readonly fields: readonly string[];
  readonly text: string;
}

/**
 * Opens the personal values of a raw log by itself: with the key database, the encryption key of the system and
 * nothing of its code. Throws when a value can't be opened.
 */
export async function opened(
  log: readonly RawEvent[],
  keyDatabaseUrl: string,
  encryptionKey: string,
): Promise<RawEvent[]> {
  const box = Buffer.from(hkdfSync('sha256', Buffer.from(encryptionKey, 'base64'), '', 'keiyaku secret box', 32));
  const database = new Client(keyDatabaseUrl);
  await database.connect();
  try {
    const { rows } = await database.query<{ subject: string; sealed_key: string }>(
      'select subject, sealed_key from subject_keys where sealed_key is not null',
    );
    const keys = new Map(
      rows.map(({ subject, sealed_key: sealed }) => [
        subject,
        Buffer.from(decrypted(box, sealed, `subject-key:${subject}`), 'base64'),
      ]),
    );
    return log.map((event) => withPersonalValues(event, keys));
  } finally {
    await database.end();
  }
}

function withPersonalValues(event: RawEvent, keys: ReadonlyMap<string, Buffer>): RawEvent {
  const { data: sealed } = (event.metadata['sealed'] ?? {}) as { readonly data?: Sealed };
  if (!sealed) return event;
  const key = keys.get(sealed.subject);
  if (!key) throw new Error(`${event.stream}: ${event.type} is sealed for ${sealed.subject}, which has no key.`);
  const place = JSON.stringify([sealed.subject, event.stream, event.type, ...sealed.fields]);
  const values = JSON.parse(decrypted(key, sealed.text, place)) as unknown[];
  const data = structuredClone(event.data) as Record<string, unknown>;
  for (const [index, path] of sealed.fields.entries()) {
    const way = path.split('.');
    let parent = data;
    for (const name of way.slice(0, -1)) parent = (parent[name] ??= {}) as Record<string, unknown>;
    parent[way.at(-1)!] = values[index];
  }
  return { ...event, data };
}

/** `v1.` and base64url of 12 bytes IV, 16 bytes tag and the text under AES-256-GCM. */
function decrypted(key: Buffer, sealed: string, place: string): string {
  const bytes = Buffer.from(sealed.slice('v1.'.length), 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}
