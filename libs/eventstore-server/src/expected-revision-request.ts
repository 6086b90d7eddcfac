import type { AppendReq, DeleteReq, TombstoneReq } from '@eventstore/db-client/generated/streams_pb.js';
import { invalidValue, unforeseen } from './errors.js';
import type { ExpectedRevision } from './expected-revision.js';

const maxRevision = 2n ** 63n - 1n;
const noStreamRevision = 2n ** 64n - 1n;

/** Unary calls that change a stream all say in the same words what they expect of it. */
export function readExpectedRevision(
  options: AppendReq.Options | DeleteReq.Options | TombstoneReq.Options,
): ExpectedRevision {
  if (options.hasAny()) return { kind: 'any' };
  if (options.hasNoStream()) return { kind: 'no_stream' };
  if (options.hasStreamExists()) return { kind: 'stream_exists' };
  if (options.hasRevision()) return expectRevision(options.getRevision());
  return missingExpectedRevision(options.getExpectedStreamRevisionCase());
}

/** `text` is an unsigned 64-bit number, whose largest value means "no stream". */
export function expectRevision(text: string): ExpectedRevision {
  const revision = BigInt(text);
  if (revision === noStreamRevision) return { kind: 'no_stream' };
  if (revision > maxRevision) throw unforeseen(`${text} is no stream revision: the largest is ${maxRevision}.`);
  return { kind: 'revision', revision };
}

export function missingExpectedRevision(value: number): never {
  throw invalidValue(String(value), 'event_store.client.streams.ExpectedStreamRevision');
}
