import type { DeleteReq, TombstoneReq } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { Access } from './access.js';
import { StreamDeleted, toCallError, unforeseen, wrongRevisionOnDelete } from './errors.js';
import type { EventLog } from './event-log.js';
import { readExpectedRevision } from './expected-revision-request.js';
import type { ExpectedRevision } from './expected-revision.js';
import type { DeleteOutcome } from './writes.js';

interface Target {
  readonly stream: string;
  readonly expected: ExpectedRevision;
}

/** Hides what a stream holds until somebody appends to it again. */
export function deleteHandler(log: EventLog, access: Access) {
  return (call: ServerUnaryCall<DeleteReq, streams.DeleteResp>, answer: sendUnaryData<streams.DeleteResp>): void => {
    perform(access, call, ({ stream, expected }) => log.softDelete(stream, expected)).then(
      (position) => {
        const place = new streams.DeleteResp.Position().setCommitPosition(position).setPreparePosition(position);
        answer(null, new streams.DeleteResp().setPosition(place));
      },
      (error: unknown) => answer(toCallError(error)),
    );
  };
}

/** Ends a stream for ever. */
export function tombstoneHandler(log: EventLog, access: Access) {
  return (
    call: ServerUnaryCall<TombstoneReq, streams.TombstoneResp>,
    answer: sendUnaryData<streams.TombstoneResp>,
  ): void => {
    perform(access, call, ({ stream, expected }) => log.tombstone(stream, expected)).then(
      (position) => {
        const place = new streams.TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position);
        answer(null, new streams.TombstoneResp().setPosition(place));
      },
      (error: unknown) => answer(toCallError(error)),
    );
  };
}

/** Answers the position of the event that was written, in decimal. */
async function perform(
  access: Access,
  call: ServerUnaryCall<DeleteReq | TombstoneReq, unknown>,
  write: (target: Target) => Promise<DeleteOutcome>,
): Promise<string> {
  const target = readTarget(call.request.getOptions());
  access.demand(call, 'delete', target.stream);
  const outcome = await write(target);
  switch (outcome.kind) {
    case 'success':
      return String(outcome.position);
    case 'conflict':
      throw wrongRevisionOnDelete(target.stream, target.expected, outcome.current);
    default:
      throw new StreamDeleted(target.stream);
  }
}

function readTarget(options: DeleteReq.Options | TombstoneReq.Options | undefined): Target {
  const identifier = options?.getStreamIdentifier();
  if (options === undefined || identifier === undefined) {
    throw unforeseen('The call names no stream: send options with a stream identifier.');
  }
  return {
    stream: Buffer.from(identifier.getStreamName_asU8()).toString(),
    expected: readExpectedRevision(options),
  };
}
