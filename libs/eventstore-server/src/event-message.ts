import type { ResolvedEvent } from './links.js';
import type { StoredEvent } from './stored-event.js';
import { tombstoneRevision, wireRevision } from './tombstone.js';
import { uuidFromBytes } from './uuid.js';
import { WireWriter } from './wire-writer.js';

/** How event ids are written: as text or as two numbers. */
export type UuidForm = 'string' | 'structured';

/** Takes what is neither text nor bytes of the event: an upper bound. */
const mostOverhead = 256;
/** Bytes of UTF-8 for one unit of a string's length, at most. */
const mostBytesPerUnit = 3;
const contentTypes = {
  json: metadataEntry('content-type', 'application/json'),
  octetStream: metadataEntry('content-type', 'application/octet-stream'),
};

/** A `ReadResp` with one event, as the generated code would encode it, in a fraction of the time. */
export function eventMessage({ event, link }: ResolvedEvent, form: UuidForm): Buffer {
  const message = new WireWriter(mostBytesOf(event) + mostBytesOf(link));
  const end = message.mark;
  const original = link ?? event;
  if (original !== undefined) message.number(3, original.position);
  if (link !== undefined) writeRecorded(message, 2, link, form);
  if (event !== undefined) writeRecorded(message, 1, event, form);
  message.enclose(1, end);
  return message.finish();
}

function mostBytesOf(event: StoredEvent | undefined): number {
  if (event === undefined) return 0;
  const texts = (event.stream.length + event.type.length) * mostBytesPerUnit;
  return mostOverhead + texts + event.metadata.length + event.data.length;
}

/** A `RecordedEvent`. What has the default value is left out. */
function writeRecorded(message: WireWriter, field: number, event: StoredEvent, form: UuidForm): void {
  const end = message.mark;
  if (event.data.length > 0) message.bytes(8, event.data);
  if (event.metadata.length > 0) message.bytes(7, event.metadata);
  writeMetadataEntry(message, 'type', event.type);
  // In units of 100 ns.
  writeMetadataEntry(message, 'created', `${event.created}0000`);
  message.fields(event.isJson ? contentTypes.json : contentTypes.octetStream);
  message.number(5, event.position);
  message.number(4, event.position);
  if (event.revision === tombstoneRevision) message.bigint(3, BigInt(wireRevision(event.revision)));
  else if (event.revision > 0) message.number(3, event.revision);
  const beforeStream = message.mark;
  message.text(3, event.stream);
  message.enclose(2, beforeStream);
  const beforeId = message.mark;
  writeUuid(message, event.id, form);
  message.enclose(1, beforeId);
  message.enclose(field, end);
}

function writeMetadataEntry(message: WireWriter, key: string, value: string): void {
  const end = message.mark;
  message.text(2, value);
  message.text(1, key);
  message.enclose(6, end);
}

function metadataEntry(key: string, value: string): Buffer {
  const entry = new WireWriter(mostOverhead);
  writeMetadataEntry(entry, key, value);
  return entry.finish();
}

function writeUuid(message: WireWriter, id: Buffer, form: UuidForm): void {
  if (form === 'string') return message.text(2, uuidFromBytes(id));
  const end = message.mark;
  const [mostSignificant, leastSignificant] = [id.readBigInt64BE(0), id.readBigInt64BE(8)];
  if (leastSignificant !== 0n) message.bigint(2, leastSignificant);
  if (mostSignificant !== 0n) message.bigint(1, mostSignificant);
  message.enclose(1, end);
}
