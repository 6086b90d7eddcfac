/** One event as one line of JSON: what `export` writes and `import` reads. */
import { isUtf8 } from 'node:buffer';
import { parseUuid } from '../uuid.js';

export interface PortableEvent {
  readonly stream: string;
  /** Undefined: the tombstone of a deleted stream, which has no number of its own. */
  readonly revision: number | undefined;
  /** Lower-case dashed UUID. */
  readonly id: string;
  readonly type: string;
  /** The content type is application/json; everything else is application/octet-stream. */
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** What only the server that had the event knows of it: it is written for people, and an import passes it over. */
export interface Origin {
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Decimal; undefined when the server does not tell. */
  readonly position: string | undefined;
}

/** The line, without its end. Reading it back gives every byte of data and metadata again. */
export function toEventLine(event: PortableEvent, { created, position }: Origin): string {
  const { stream, revision, id, type, isJson, data, metadata } = event;
  const head = JSON.stringify({
    stream,
    revision: revision ?? null,
    id,
    type,
    contentType: isJson ? 'application/json' : 'application/octet-stream',
  });
  const origin = JSON.stringify({ created: new Date(created).toISOString(), position });
  const payload = `${field('data', data, isJson)}${metadata.length === 0 ? '' : field('metadata', metadata, true)}`;
  return `${head.slice(0, -1)}${payload},${origin.slice(1)}`;
}

/** As JSON where that keeps every byte; numbers of 17 digits, blanks or broken JSON would come back changed. */
function field(name: string, bytes: Uint8Array, mayBeJson: boolean): string {
  const text = mayBeJson ? lossless(bytes) : undefined;
  return text === undefined ? `,"${name}Base64":"${Buffer.from(bytes).toString('base64')}"` : `,"${name}":${text}`;
}

function lossless(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  try {
    return JSON.stringify(JSON.parse(text)) === text ? text : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error whose message says what is wrong with the line */
export function parseEventLine(line: string): PortableEvent {
  const fields = parseObject(line);
  const { stream, revision, id, type, contentType } = fields;
  if (typeof stream !== 'string' || stream === '') throw new Error('"stream" must be the name of a stream.');
  if (revision !== null && !(Number.isSafeInteger(revision) && Number(revision) >= 0)) {
    throw new Error('"revision" must be a whole number from 0 on, or null for a tombstone.');
  }
  const uuid = typeof id === 'string' ? parseUuid(id) : undefined;
  if (uuid === undefined) throw new Error('"id" must be a UUID.');
  if (typeof type !== 'string' || type === '') throw new Error('"type" must be a text that is not empty.');
  if (contentType !== 'application/json' && contentType !== 'application/octet-stream') {
    throw new Error('"contentType" must be application/json or application/octet-stream.');
  }
  const isJson = contentType === 'application/json';
  if (!isJson && 'data' in fields) throw new Error('"data" is for JSON: give bytes as "dataBase64".');
  if ('data' in fields === 'dataBase64' in fields) throw new Error('It needs either "data" or "dataBase64".');
  return {
    stream,
    revision: revision === null ? undefined : Number(revision),
    id: uuid,
    type,
    isJson,
    data: bytesOf(fields, 'data'),
    metadata: bytesOf(fields, 'metadata'),
  };
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`It is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('It is not a JSON object.');
  return value as Record<string, unknown>;
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

function bytesOf(fields: Readonly<Record<string, unknown>>, name: string): Buffer {
  if (name in fields) return Buffer.from(JSON.stringify(fields[name]));
  const text = fields[`${name}Base64`] ?? '';
  if (typeof text !== 'string' || text.length % 4 !== 0 || !base64.test(text)) {
    throw new Error(`"${name}Base64" must be base64.`);
  }
  return Buffer.from(text, 'base64');
}
