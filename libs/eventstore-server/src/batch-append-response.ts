import codes from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpc from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { AppendTooBig } from './errors.js';
import type { CallError } from './errors.js';
import type { ExpectedRevision } from './expected-revision.js';
import { WireWriter } from './wire-writer.js';
import type { AppendOutcome } from './writes.js';

/** Takes what is neither correlation id nor stream name: an upper bound. */
const mostOverhead = 128;
const empty = Buffer.alloc(0);

export function outcomeResponse(
  correlationId: Buffer,
  stream: string,
  outcome: AppendOutcome,
  expected: ExpectedRevision,
): Buffer {
  switch (outcome.kind) {
    case 'success':
      return success(correlationId, stream, outcome);
    case 'conflict':
      return conflict(correlationId, stream, outcome.current, expected);
    default:
      return deleted(correlationId, stream);
  }
}

/** As the generated code would encode it, in a fraction of the time. */
export function success(
  correlationId: Buffer,
  stream: string,
  { revision, position }: AppendOutcome & { kind: 'success' },
): Buffer {
  const name = Buffer.from(stream);
  const message = new WireWriter(mostOverhead + correlationId.length + name.length);
  const beforeStream = message.mark;
  if (name.length > 0) message.bytes(3, name);
  message.enclose(4, beforeStream);
  const beforeSuccess = message.mark;
  if (position === undefined) message.bytes(4, empty);
  else {
    const beforePosition = message.mark;
    message.number(2, position);
    message.number(1, position);
    message.enclose(3, beforePosition);
  }
  if (revision < 0) message.bytes(2, empty);
  else message.number(1, revision);
  message.enclose(3, beforeSuccess);
  message.bytes(1, correlationId);
  return message.finish();
}

function conflict(correlationId: Buffer, stream: string, current: number, expected: ExpectedRevision): Buffer {
  const detail = new shared.WrongExpectedVersion();
  if (current < 0) detail.setCurrentNoStream(new emptyPb.Empty());
  else detail.setCurrentStreamRevision(String(current));
  setExpected(detail, expected);
  return error(correlationId, stream, codes.Code.ALREADY_EXISTS, 'WrongExpectedVersion', detail);
}

function deleted(correlationId: Buffer, stream: string): Buffer {
  const detail = new shared.StreamDeleted().setStreamIdentifier(streamIdentifier(stream));
  return error(correlationId, stream, codes.Code.NOT_FOUND, 'StreamDeleted', detail);
}

export function deadlineExceeded(correlationId: Buffer, stream: string): Buffer {
  return error(correlationId, stream, codes.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
}

export function accessDenied(correlationId: Buffer, stream: string): Buffer {
  return error(correlationId, stream, codes.Code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied());
}

export function badRequest(correlationId: Buffer, stream: string, message: string): Buffer {
  const detail = new shared.BadRequest().setMessage(message);
  return error(correlationId, stream, codes.Code.INVALID_ARGUMENT, 'BadRequest', detail);
}

export function failure(correlationId: Buffer, stream: string, cause: CallError): Buffer {
  if (!(cause instanceof AppendTooBig)) {
    return error(correlationId, stream, codes.Code.UNKNOWN, 'Unknown', new shared.Unknown());
  }
  const detail = new shared.MaximumAppendSizeExceeded().setMaxappendsize(cause.maxBytes);
  return error(correlationId, stream, codes.Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', detail);
}

function setExpected(detail: shared.WrongExpectedVersion, expected: ExpectedRevision): void {
  switch (expected.kind) {
    case 'any':
      detail.setExpectedAny(new emptyPb.Empty());
      break;
    case 'stream_exists':
      detail.setExpectedStreamExists(new emptyPb.Empty());
      break;
    case 'no_stream':
      detail.setExpectedNoStream(new emptyPb.Empty());
      break;
    case 'revision':
      detail.setExpectedStreamPosition(String(expected.revision));
      break;
  }
}

interface Detail {
  serializeBinary(): Uint8Array;
}

/** The client reads the kind of the error from the type of its detail, so there is always one. */
function error(
  correlationId: Buffer,
  stream: string,
  code: codes.Code,
  message:
    | 'WrongExpectedVersion'
    | 'StreamDeleted'
    | 'AccessDenied'
    | 'Timeout'
    | 'BadRequest'
    | 'Unknown'
    | 'MaximumAppendSizeExceeded',
  detail: Detail,
): Buffer {
  const any = new anyPb.Any();
  any.pack(detail.serializeBinary(), `event_store.client.${message}`);
  const rest = new streams.BatchAppendResp()
    .setStreamIdentifier(streamIdentifier(stream))
    .setError(new rpc.Status().setCode(code).setMessage(message).setDetails(any))
    .serializeBinary();
  // The caller gets back what it wrote, also where that is no UUID that could be decoded.
  const response = new WireWriter(mostOverhead + correlationId.length + rest.length);
  response.fields(rest);
  response.bytes(1, correlationId);
  return response.finish();
}

function streamIdentifier(stream: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
}
