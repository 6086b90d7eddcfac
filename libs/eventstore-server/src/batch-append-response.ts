import codes from '@eventstore/db-client/generated/code_pb.js';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpc from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { AppendTooBig } from './errors.js';
import type { CallError } from './errors.js';
import type { ExpectedRevision } from './expected-revision.js';
import type { AppendOutcome } from './writes.js';

export function outcomeResponse(
  correlationId: UUID,
  stream: string,
  outcome: AppendOutcome,
  expected: ExpectedRevision,
): streams.BatchAppendResp {
  switch (outcome.kind) {
    case 'success':
      return success(correlationId, stream, outcome);
    case 'conflict':
      return conflict(correlationId, stream, outcome.current, expected);
    default:
      return deleted(correlationId, stream);
  }
}

function success(
  correlationId: UUID,
  stream: string,
  outcome: AppendOutcome & { kind: 'success' },
): streams.BatchAppendResp {
  const body = new streams.BatchAppendResp.Success();
  if (outcome.revision < 0) body.setNoStream(new emptyPb.Empty());
  else body.setCurrentRevision(String(outcome.revision));
  if (outcome.position === undefined) body.setNoPosition(new emptyPb.Empty());
  else {
    const position = String(outcome.position);
    body.setPosition(new shared.AllStreamPosition().setCommitPosition(position).setPreparePosition(position));
  }
  return response(correlationId, stream).setSuccess(body);
}

function conflict(
  correlationId: UUID,
  stream: string,
  current: number,
  expected: ExpectedRevision,
): streams.BatchAppendResp {
  const detail = new shared.WrongExpectedVersion();
  if (current < 0) detail.setCurrentNoStream(new emptyPb.Empty());
  else detail.setCurrentStreamRevision(String(current));
  setExpected(detail, expected);
  return error(correlationId, stream, codes.Code.ALREADY_EXISTS, 'WrongExpectedVersion', detail);
}

function deleted(correlationId: UUID, stream: string): streams.BatchAppendResp {
  const detail = new shared.StreamDeleted().setStreamIdentifier(streamIdentifier(stream));
  return error(correlationId, stream, codes.Code.NOT_FOUND, 'StreamDeleted', detail);
}

export function deadlineExceeded(correlationId: UUID, stream: string): streams.BatchAppendResp {
  return error(correlationId, stream, codes.Code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
}

export function accessDenied(correlationId: UUID, stream: string): streams.BatchAppendResp {
  return error(correlationId, stream, codes.Code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied());
}

export function badRequest(correlationId: UUID, stream: string, message: string): streams.BatchAppendResp {
  const detail = new shared.BadRequest().setMessage(message);
  return error(correlationId, stream, codes.Code.INVALID_ARGUMENT, 'BadRequest', detail);
}

export function failure(correlationId: UUID, stream: string, cause: CallError): streams.BatchAppendResp {
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
  correlationId: UUID,
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
): streams.BatchAppendResp {
  const any = new anyPb.Any();
  any.pack(detail.serializeBinary(), `event_store.client.${message}`);
  return response(correlationId, stream).setError(new rpc.Status().setCode(code).setMessage(message).setDetails(any));
}

function response(correlationId: UUID, stream: string): streams.BatchAppendResp {
  return new streams.BatchAppendResp().setCorrelationId(correlationId).setStreamIdentifier(streamIdentifier(stream));
}

function streamIdentifier(stream: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
}
