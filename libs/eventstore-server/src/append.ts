import type { AppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { Access } from './access.js';
import { CallError, invalidValue, StreamDeleted, toCallError, unforeseen } from './errors.js';
import type { EventLog } from './event-log.js';
import type { ExpectedRevision } from './expected-revision.js';
import { readExpectedRevision } from './expected-revision-request.js';
import { proposedMessage, ProposedEvents } from './proposed-events.js';
import type { ProposedEvent } from './stored-event.js';
import type { AppendOutcome } from './writes.js';

/**
 * An append that ends so close to its deadline could not be answered in time. It may also be half of one: a client
 * that gives up ends its call like one that is whole before it resets it.
 */
const lateMs = 10;

type AppendCall = ServerReadableStream<AppendReq, streams.AppendResp>;

/** The older append protocol: one call per append, options first, then a message per event. */
export function appendHandler(log: EventLog, access: Access) {
  return (call: AppendCall, answer: sendUnaryData<streams.AppendResp>): void => {
    append(log, access, call).then(
      (response) => answer(null, response),
      (error: unknown) => answer(toCallError(error)),
    );
  };
}

interface WholeAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
}

async function append(log: EventLog, access: Access, call: AppendCall): Promise<streams.AppendResp> {
  let whole: WholeAppend;
  try {
    whole = await receive(access, call);
  } catch (error) {
    throw call.cancelled ? new CallError(status.CANCELLED, 'The append was cancelled.') : error;
  }
  if (Number(call.getDeadline()) < Date.now() + lateMs)
    throw new CallError(status.DEADLINE_EXCEEDED, 'Deadline exceeded');
  const { stream, expected, events } = whole;
  const outcome = await log.append(stream, expected, events);
  if (outcome.kind === 'deleted') throw new StreamDeleted(stream);
  return toResponse(outcome, expected);
}

async function receive(access: Access, call: AppendCall): Promise<WholeAppend> {
  const proposed = new ProposedEvents();
  let target: { stream: string; expected: ExpectedRevision } | undefined;
  for await (const message of call as AsyncIterable<AppendReq>) {
    if (target === undefined) {
      target = readOptions(message.getOptions());
      access.demand(call, 'write', target.stream);
      continue;
    }
    const event = message.getProposedMessage();
    if (event === undefined) throw invalidValue(String(message.getContentCase()), 'AppendReq.ContentOneofCase');
    proposed.add(proposedMessage(event));
  }
  if (target === undefined) throw unforeseen('The append has no options: send them as the first message.');
  return { ...target, events: proposed.events };
}

function readOptions(options: AppendReq.Options | undefined): { stream: string; expected: ExpectedRevision } {
  const identifier = options?.getStreamIdentifier();
  if (options === undefined || identifier === undefined) {
    throw unforeseen('The first message of an append must be its options with a stream identifier.');
  }
  return { stream: Buffer.from(identifier.getStreamName_asU8()).toString(), expected: readExpectedRevision(options) };
}

function toResponse(
  outcome: Exclude<AppendOutcome, { kind: 'deleted' }>,
  expected: ExpectedRevision,
): streams.AppendResp {
  const response = new streams.AppendResp();
  return outcome.kind === 'conflict'
    ? response.setWrongExpectedVersion(toConflict(outcome.current, expected))
    : response.setSuccess(toSuccess(outcome));
}

function toSuccess(outcome: AppendOutcome & { kind: 'success' }): streams.AppendResp.Success {
  const success = new streams.AppendResp.Success();
  if (outcome.revision < 0) success.setNoStream(new shared.Empty());
  else success.setCurrentRevision(String(outcome.revision));
  if (outcome.position === undefined) return success.setNoPosition(new shared.Empty());
  const position = String(outcome.position);
  return success.setPosition(
    new streams.AppendResp.Position().setCommitPosition(position).setPreparePosition(position),
  );
}

/** Says everything twice, as the real server does: clients of 20.6.0 read fields of their own. */
function toConflict(current: number, expected: ExpectedRevision): streams.AppendResp.WrongExpectedVersion {
  const conflict = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0) conflict.setCurrentNoStream(new shared.Empty()).setNoStream2060(new shared.Empty());
  else conflict.setCurrentRevision(String(current)).setCurrentRevision2060(current);
  switch (expected.kind) {
    case 'any':
      return conflict.setExpectedAny(new shared.Empty()).setAny2060(new shared.Empty());
    case 'stream_exists':
      return conflict.setExpectedStreamExists(new shared.Empty()).setStreamExists2060(new shared.Empty());
    case 'no_stream':
      // Its old form is 2^64 - 1, which the generated code cannot write.
      return conflict.setExpectedNoStream(new shared.Empty());
    default:
      return conflict.setExpectedRevision(String(expected.revision)).setExpectedRevision2060(Number(expected.revision));
  }
}
