import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import * as fc from 'fast-check';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { describe, expect, it } from 'vitest';
import { decodeBatchAppend } from './batch-append-request.js';
import { success } from './batch-append-response.js';
import { decodeUuid } from './uuid-message.js';
import { uuidFromHalves } from './uuid.js';
import { WireWriter } from './wire-writer.js';

const text = fc.string({ unit: 'binary', maxLength: 60 }).map((any) => any.toWellFormed());
const bytes = fc.uint8Array({ maxLength: 20_000 });
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** A UUID on the wire and in its text form. */
const uuid = fc.oneof(
  fc.uuid().map((id) => ({ message: new shared.UUID().setString(id), id })),
  fc.tuple(signed, signed).map(([most, least]) => ({
    message: new shared.UUID().setStructured(
      new shared.UUID.Structured().setMostSignificantBits(String(most)).setLeastSignificantBits(String(least)),
    ),
    id: uuidFromHalves(most, least),
  })),
);

const expected = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((revision) => ({ kind: 'revision' as const, revision })),
  fc.constantFrom({ kind: 'any' as const }, { kind: 'no_stream' as const }, { kind: 'stream_exists' as const }),
);

const proposal = fc.record({ id: uuid, type: text, contentType: text, metadata: bytes, data: bytes });
const milliseconds = fc.integer({ min: 0, max: 253_402_300_799_999 });
const request = fc.record({
  correlationId: uuid,
  options: fc.option(fc.record({ stream: text, expected, deadline: fc.option(milliseconds) })),
  proposed: fc.array(proposal, { maxLength: 5 }),
  isFinal: fc.boolean(),
});
type Sample<T> = T extends fc.Arbitrary<infer Value> ? Value : never;

function generatedOptions(options: NonNullable<Sample<typeof request>['options']>): streams.BatchAppendReq.Options {
  const message = new streams.BatchAppendReq.Options().setStreamIdentifier(
    new shared.StreamIdentifier().setStreamName(Buffer.from(options.stream)),
  );
  if (options.deadline !== null) message.setDeadline(timestampPb.Timestamp.fromDate(new Date(options.deadline)));
  switch (options.expected.kind) {
    case 'any':
      return message.setAny(new emptyPb.Empty());
    case 'no_stream':
      return message.setNoStream(new emptyPb.Empty());
    case 'stream_exists':
      return message.setStreamExists(new emptyPb.Empty());
    default:
      return message.setStreamPosition(String(options.expected.revision));
  }
}

function generatedRequest({ correlationId, options, proposed, isFinal }: Sample<typeof request>): Buffer {
  const message = new streams.BatchAppendReq().setCorrelationId(correlationId.message).setIsFinal(isFinal);
  if (options !== null) message.setOptions(generatedOptions(options));
  for (const { id, type, contentType, metadata, data } of proposed) {
    const event = new streams.BatchAppendReq.ProposedMessage()
      .setId(id.message)
      .setCustomMetadata(metadata)
      .setData(data);
    event.getMetadataMap().set('content-type', contentType).set('other', 'passed over').set('type', type);
    message.addProposedMessages(event);
  }
  return Buffer.from(message.serializeBinary());
}

describe('a batch append', () => {
  it('is understood however the generated code writes it', () => {
    fc.assert(
      fc.property(request, (sent) => {
        const part = decodeBatchAppend(generatedRequest(sent));
        expect(decodeUuid(part.correlationId)).toBe(sent.correlationId.id);
        expect(part.isFinal).toBe(sent.isFinal);
        expect(part.options && { ...part.options, expected: part.options.expected() }).toEqual(
          sent.options === null
            ? undefined
            : { ...sent.options, deadline: sent.options.deadline ?? undefined, timeout: undefined },
        );
        expect(
          part.proposed.map(({ id, metadata, data, ...rest }) => ({
            id: id(),
            metadata: Buffer.from(metadata),
            data: Buffer.from(data),
            ...rest,
          })),
        ).toEqual(
          sent.proposed.map(({ id, metadata, data, ...rest }) => ({
            id: id.id,
            metadata: Buffer.from(metadata),
            data: Buffer.from(data),
            ...rest,
          })),
        );
      }),
    );
  });

  it('may hold fields that nobody here knows', () => {
    const message = new WireWriter(100);
    message.bytes(1_000, Buffer.from('something new'));
    message.number(99, 2 ** 53 - 1);
    const [eightBytes, fourBytes] = [Buffer.alloc(8, 0xff), Buffer.alloc(4, 0xff)];
    message.fields(Buffer.from([(9 << 3) | 1, ...eightBytes, (10 << 3) | 5, ...fourBytes]));
    message.number(4, 1);
    expect(decodeBatchAppend(message.finish())).toMatchObject({ isFinal: true, proposed: [] });
  });

  it.each([
    ['that is cut off', [0x22, 5, 1]],
    ['whose number has no end', [0x20, 0x80]],
    ['with a field of a kind that there is not', [0x0b]],
    ['whose final mark is a text', [0x22, 1, 65]],
  ])('is refused when it is a message %s', (_, message) => {
    expect(() => decodeBatchAppend(Buffer.from(message))).toThrow('The message cannot be read');
  });

  it('may give its deadline as a duration', () => {
    const options = new WireWriter(20);
    const end = options.mark;
    options.number(2, 500_000_000);
    options.number(1, 3_600);
    options.enclose(7, end);
    options.enclose(2, end);
    expect(decodeBatchAppend(options.finish()).options).toMatchObject({ deadline: undefined, timeout: 3_600_500 });
  });
});

const largest = 2 ** 48 - 1;
const outcome = fc.record({
  revision: fc.integer({ min: -1, max: largest }),
  position: fc.option(fc.integer({ min: 1, max: largest }), { nil: undefined }),
});

it('answers a batch append as the generated code would', () => {
  fc.assert(
    fc.property(uuid, text, outcome, ({ message }, stream, { revision, position }) => {
      const body = new streams.BatchAppendResp.Success();
      if (revision < 0) body.setNoStream(new emptyPb.Empty());
      else body.setCurrentRevision(String(revision));
      if (position === undefined) body.setNoPosition(new emptyPb.Empty());
      else {
        const at = String(position);
        body.setPosition(new shared.AllStreamPosition().setCommitPosition(at).setPreparePosition(at));
      }
      const response = new streams.BatchAppendResp()
        .setCorrelationId(message)
        .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
        .setSuccess(body);
      const answer = success(Buffer.from(message.serializeBinary()), stream, { kind: 'success', revision, position });
      expect(answer.equals(Buffer.from(response.serializeBinary()))).toBe(true);
    }),
  );
});
