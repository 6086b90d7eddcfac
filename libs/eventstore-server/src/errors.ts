import { Metadata, status } from '@grpc/grpc-js';
import type { StatusObject } from '@grpc/grpc-js';

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

/** Trailers hold printable ASCII only. A text with anything else is percent-encoded as a whole. */
function asTrailer(text: string): string {
  return /^[ -~]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}

export function invalidValue(value: string, type: string): CallError {
  return new CallError(status.INVALID_ARGUMENT, `'${value}' is not a valid ${type}`);
}

/** The stream is tombstoned; or it is soft-deleted and the caller wants it to exist. */
export class StreamDeleted extends CallError {
  constructor(stream: string) {
    super(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
      exception: 'stream-deleted',
      'stream-name': stream,
    });
  }
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

/** For whatever else went wrong: the caller learns that, the operator reads why on standard error. */
export function toCallError(error: unknown): CallError {
  if (error instanceof CallError) return error;
  console.error('A call failed unexpectedly:', error);
  return unforeseen('Exception was thrown by handler.');
}
