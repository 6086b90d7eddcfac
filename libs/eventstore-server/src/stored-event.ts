import { randomUUID } from 'node:crypto';
import { uuidByteLength } from './uuid.js';

export interface ProposedEvent {
  /** Lower-case dashed UUID. */
  readonly id: string;
  readonly type: string;
  /** The content type is application/json; everything else is application/octet-stream. */
  readonly isJson: boolean;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

const nothing = new Uint8Array();

/** An event that the server writes of its own accord. */
export function jsonEvent(type: string, json: string): ProposedEvent {
  return { id: randomUUID(), type, isJson: true, metadata: nothing, data: Buffer.from(json) };
}

export interface StoredEvent {
  /** Place in the log, in bytes; commit and prepare position alike. */
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  /** 16 bytes. */
  readonly id: Buffer;
  readonly type: string;
  readonly isJson: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

// id (16) | flags (1) | revision (6) | created (6) | length of stream (4), type (4), metadata (4) | the four texts.
// Six bytes hold 2^48: 89 centuries of milliseconds.
const flagsAt = uuidByteLength;
const revisionAt = flagsAt + 1;
const createdAt = revisionAt + 6;
const lengthsAt = createdAt + 6;
const headerLength = lengthsAt + 12;
const jsonFlag = 1;

export function encodeEvent(event: StoredEvent): Buffer {
  const streamLength = Buffer.byteLength(event.stream);
  const typeLength = Buffer.byteLength(event.type);
  const textLength = streamLength + typeLength + event.metadata.length + event.data.length;
  const record = Buffer.allocUnsafe(headerLength + textLength);
  event.id.copy(record);
  record.writeUInt8(event.isJson ? jsonFlag : 0, flagsAt);
  record.writeUIntBE(event.revision, revisionAt, 6);
  record.writeUIntBE(event.created, createdAt, 6);
  record.writeUInt32BE(streamLength, lengthsAt);
  record.writeUInt32BE(typeLength, lengthsAt + 4);
  record.writeUInt32BE(event.metadata.length, lengthsAt + 8);
  let at = headerLength;
  at += record.write(event.stream, at);
  at += record.write(event.type, at);
  record.set(event.metadata, at);
  record.set(event.data, at + event.metadata.length);
  return record;
}

export function decodeEvent(position: number, record: Buffer): StoredEvent {
  const typeAt = headerLength + record.readUInt32BE(lengthsAt);
  const metadataAt = typeAt + record.readUInt32BE(lengthsAt + 4);
  const dataAt = metadataAt + record.readUInt32BE(lengthsAt + 8);
  return {
    position,
    stream: record.toString('utf8', headerLength, typeAt),
    revision: record.readUIntBE(revisionAt, 6),
    id: record.subarray(0, uuidByteLength),
    type: record.toString('utf8', typeAt, metadataAt),
    isJson: record.readUInt8(flagsAt) === jsonFlag,
    created: record.readUIntBE(createdAt, 6),
    metadata: record.subarray(metadataAt, dataAt),
    data: record.subarray(dataAt),
  };
}
