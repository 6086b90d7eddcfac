import type { ExpectedRevision } from './expected-revision.js';
import { expectRevision, missingExpectedRevision } from './expected-revision-request.js';
import type { ProposedMessage } from './proposed-events.js';
import { decodeUuid } from './uuid-message.js';
import { WireReader } from './wire-reader.js';

export interface AppendOptions {
  readonly stream: string | undefined;
  /** Answers what the stream must be like. @throws CallError when the request does not say it, or asks the impossible */
  readonly expected: () => ExpectedRevision;
  /** Milliseconds since 1970. */
  readonly deadline: number | undefined;
  /** Milliseconds from now; newer clients say it so. */
  readonly timeout: number | undefined;
}

/** A `BatchAppendReq`. */
export interface BatchAppendPart {
  /** An encoded `UUID`. */
  readonly correlationId: Buffer | undefined;
  readonly options: AppendOptions | undefined;
  readonly proposed: readonly ProposedMessage[];
  readonly isFinal: boolean;
}

const json = 'application/json';
const empty: Buffer = Buffer.alloc(0);

export function decodeBatchAppend(message: Buffer): BatchAppendPart {
  let correlationId: Buffer | undefined;
  let options: AppendOptions | undefined;
  const proposed: ProposedMessage[] = [];
  let isFinal = false;
  for (const reader = new WireReader(message); reader.next();) {
    if (reader.field === 1) correlationId = reader.bytes();
    else if (reader.field === 2) options = readOptions(reader.message());
    else if (reader.field === 3) proposed.push(readProposed(reader.message()));
    else if (reader.field === 4) isFinal = reader.number() !== 0;
  }
  return { correlationId, options, proposed, isFinal };
}

function readOptions(reader: WireReader): AppendOptions {
  let stream: string | undefined;
  let expected: AppendOptions['expected'] = () => missingExpectedRevision(0);
  let deadline: number | undefined;
  let timeout: number | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        stream = readStreamName(reader.message());
        break;
      case 2: {
        const revision = reader.bigint();
        expected = () => expectRevision(String(revision));
        break;
      }
      case 3:
        expected = () => ({ kind: 'no_stream' });
        break;
      case 4:
        expected = () => ({ kind: 'any' });
        break;
      case 5:
        expected = () => ({ kind: 'stream_exists' });
        break;
      case 6:
        deadline = readMilliseconds(reader.message());
        break;
      case 7:
        timeout = readMilliseconds(reader.message());
        break;
    }
  }
  return { stream, expected, deadline, timeout };
}

function readProposed(reader: WireReader): ProposedMessage {
  let id: Buffer | undefined;
  const about: { type?: string; contentType?: string } = {};
  let metadata = empty;
  let data = empty;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = reader.bytes();
        break;
      case 2:
        readEntry(reader.message(), about);
        break;
      case 3:
        metadata = reader.bytes();
        break;
      case 4:
        data = reader.bytes();
        break;
    }
  }
  return { id: () => decodeUuid(id), type: about.type, contentType: about.contentType, metadata, data };
}

/** An entry of the metadata map. */
function readEntry(reader: WireReader, about: { type?: string; contentType?: string }): void {
  let key: 'type' | 'contentType' | undefined;
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.is('type') ? 'type' : reader.is('content-type') ? 'contentType' : undefined;
    else if (reader.field === 2) value = reader.is(json) ? json : reader.text();
  }
  if (key !== undefined) about[key] = value;
}

function readStreamName(reader: WireReader): string {
  let name = '';
  while (reader.next()) if (reader.field === 3) name = reader.text();
  return name;
}

/** A `Timestamp` since 1970, or a `Duration`. */
function readMilliseconds(reader: WireReader): number {
  let milliseconds = 0;
  while (reader.next()) {
    const value = Number(BigInt.asIntN(64, reader.bigint()));
    milliseconds += reader.field === 1 ? value * 1_000 : value / 1_000_000;
  }
  return milliseconds;
}
