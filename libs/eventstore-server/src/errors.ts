import { Metadata, status } from '@grpc/grpc-js';
import type { StatusObject } from '@grpc/grpc-js';
import type { ExpectedRevision } from './expected-revision.js';

/** An answer that is not OK: the status, the details text and the trailers that the client builds its errors from. */
export class CallError extends Error implements Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  readonly metadata = new Metadata();

  constructor(
    readonly code: status,
    readonly details: string,
    trailers: Readonly<Record<string, string>> = {},
  ) {
    super(details);
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, asTrailer(value));
  }
}

/** What callers take in headers and trailers together is 64 KiB at most, and a stream's name stands there twice. */
const mostOfName = 2_000;

/** Trailers hold printable ASCII only. A text with anything else is percent-encoded as a whole. */
function asTrailer(text: string): string {
  return /^[ -~]*$/.test(text) ? text : encodeURIComponent(text);
}

export function invalidValue(value: string, type: string): CallError {
  return new CallError(status.INVALID_ARGUMENT, `'${value}' is not a valid ${type}`);
}

/** The stream is tombstoned; or it is soft-deleted and the caller wants it to exist. */
export class StreamDeleted extends CallError {
  constructor(stream: string) {
    const name = shortened(stream);
    super(status.FAILED_PRECONDITION, `Event stream '${name}' is deleted.`, {
      exception: 'stream-deleted',
      'stream-name': name,
    });
  }
}

/** @param actual -1: the stream has no event */
export function wrongRevisionOnDelete(stream: string, expected: ExpectedRevision, actual: number): CallError {
  const name = shortened(stream);
  const code = expected.kind === 'revision' ? String(expected.revision) : codesOfExpectations[expected.kind];
  const details = `Delete failed due to WrongExpectedVersion. Stream: ${name}, Expected version: ${code}, Actual version: ${actual}`;
  return new CallError(status.FAILED_PRECONDITION, details, {
    exception: 'wrong-expected-version',
    'stream-name': name,
    'expected-version': code,
    'actual-version': String(actual),
  });
}

const codesOfExpectations = { no_stream: '-1', any: '-2', stream_exists: '-4' };

/** Whole where it fits. The cut does not part the halves of a character, which could not be encoded. */
function shortened(name: string): string {
  return name.length <= mostOfName ? name : `${name.slice(0, mostOfName).toWellFormed()}…`;
}

/** EventStoreDB answers UNKNOWN where it does not foresee a mistake; the text says more than its own does. */
export function unforeseen(details: string): CallError {
  return new CallError(status.UNKNOWN, details);
}

export class AppendTooBig extends CallError {
  constructor(readonly maxBytes: number) {
    super(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxBytes} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(maxBytes),
    });
  }
}

export function missingMetadata(key: string): CallError {
  return new CallError(status.INVALID_ARGUMENT, `Required Metadata Property '${key}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

/** No scavenge of this id is under way. */
export function scavengeMissing(id: string): CallError {
  return new CallError(status.NOT_FOUND, 'Scavenge id was invalid.', {
    exception: 'scavenge-not-found',
    'scavenge-id': id,
  });
}

/** For whatever else went wrong: the caller learns that, the operator reads why on standard error. */
export function toCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  console.error('A call failed unexpectedly:', error);
  return unforeseen('Exception was thrown by handler.');
}
