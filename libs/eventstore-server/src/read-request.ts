import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { CallError, invalidValue, unforeseen } from './errors.js';
import { readFilter } from './filter.js';
import type { EventFilter } from './filter.js';
import type { UuidForm } from './event-message.js';

type Options = streams.ReadReq.Options;

/** A revision or a position; numbers above 2^53 lie beyond any log. */
export type Start = 'start' | 'end' | number;

export interface ReadRequest {
  /** Undefined: $all. */
  readonly stream: string | undefined;
  readonly start: Start;
  readonly backwards: boolean;
  /** Undefined: a subscription. */
  readonly count: number | undefined;
  readonly filter: EventFilter | undefined;
  readonly resolvesLinks: boolean;
  readonly uuidForm: UuidForm;
  /** The caller understands messages that tell the first and the last number of a stream. */
  readonly tellsEnds: boolean;
}

const maxUnsigned = 2n ** 64n - 1n;
const maxSigned = 2n ** 63n - 1n;

export function readRequest(request: streams.ReadReq): ReadRequest {
  const options = request.getOptions();
  if (options === undefined) throw unforeseen('The read has no options.');
  const { stream, start } = readPlace(options);
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  refuseImpossible(options, backwards);
  const filter = options.getFilter();
  return {
    stream,
    start,
    backwards,
    count: options.hasSubscription() ? undefined : Number(options.getCount()),
    filter: filter && readFilter(filter),
    resolvesLinks: options.getResolveLinks(),
    uuidForm: readUuidForm(options),
    tellsEnds: (options.getControlOption()?.getCompatibility() ?? 0) >= 1,
  };
}

function readPlace(options: Options): { stream: string | undefined; start: Start } {
  const { StreamOptionCase } = streams.ReadReq.Options;
  switch (options.getStreamOptionCase()) {
    case StreamOptionCase.STREAM: {
      const place = options.getStream()!;
      const identifier = place.getStreamIdentifier();
      if (identifier === undefined) throw unforeseen('The read names no stream.');
      return { stream: Buffer.from(identifier.getStreamName_asU8()).toString(), start: readRevision(place) };
    }
    case StreamOptionCase.ALL:
      return { stream: undefined, start: readPosition(options.getAll()!) };
    default:
      throw invalidValue(String(options.getStreamOptionCase()), 'ReadReq.StreamOptionOneofCase');
  }
}

function readRevision(place: streams.ReadReq.Options.StreamOptions): Start {
  const { RevisionOptionCase } = streams.ReadReq.Options.StreamOptions;
  switch (place.getRevisionOptionCase()) {
    case RevisionOptionCase.START:
      return 'start';
    case RevisionOptionCase.END:
      return 'end';
    case RevisionOptionCase.REVISION:
      return readNumber(place.getRevision(), 'stream revision');
    default:
      throw invalidValue(String(place.getRevisionOptionCase()), 'StreamOptions.RevisionOptionOneofCase');
  }
}

function readPosition(place: streams.ReadReq.Options.AllOptions): Start {
  const { AllOptionCase } = streams.ReadReq.Options.AllOptions;
  switch (place.getAllOptionCase()) {
    case AllOptionCase.START:
      return 'start';
    case AllOptionCase.END:
      return 'end';
    case AllOptionCase.POSITION: {
      const { commitPosition, preparePosition } = place.getPosition()!.toObject();
      if (BigInt(commitPosition) < BigInt(preparePosition)) {
        throw unforeseen(`The commit position ${commitPosition} lies before the prepare position ${preparePosition}.`);
      }
      const position = readNumber(commitPosition, 'position');
      return position === 0 ? 'start' : position;
    }
    default:
      throw invalidValue(String(place.getAllOptionCase()), 'AllOptions.AllOptionOneofCase');
  }
}

function readNumber(text: string, what: string): Start {
  const value = BigInt(text);
  if (value === maxUnsigned) return 'end';
  if (value > maxSigned) throw unforeseen(`${text} is no ${what}: the largest is ${maxSigned}.`);
  return Number(value);
}

function readUuidForm(options: Options): UuidForm {
  const { ContentCase } = streams.ReadReq.Options.UUIDOption;
  switch (options.getUuidOption()?.getContentCase()) {
    case ContentCase.STRING:
      return 'string';
    case ContentCase.STRUCTURED:
      return 'structured';
    default:
      throw unforeseen('The read does not say how to write event ids: set uuid_option.');
  }
}

function refuseImpossible(options: Options, backwards: boolean): void {
  const { CountOptionCase, FilterOptionCase } = streams.ReadReq.Options;
  const ofStream = options.hasStream();
  const count = options.getCountOptionCase();
  const filter = options.getFilterOptionCase();
  const known = count !== CountOptionCase.COUNT_OPTION_NOT_SET && filter !== FilterOptionCase.FILTER_OPTION_NOT_SET;
  const possible = !(ofStream && options.hasFilter()) && !(options.hasSubscription() && backwards);
  if (known && possible) return;
  const cases = [
    ofStream ? 'Stream' : 'All',
    {
      [CountOptionCase.COUNT_OPTION_NOT_SET]: 'None',
      [CountOptionCase.COUNT]: 'Count',
      [CountOptionCase.SUBSCRIPTION]: 'Subscription',
    }[count],
    backwards ? 'Backwards' : 'Forwards',
    {
      [FilterOptionCase.FILTER_OPTION_NOT_SET]: 'None',
      [FilterOptionCase.FILTER]: 'Filter',
      [FilterOptionCase.NO_FILTER]: 'NoFilter',
    }[filter],
  ];
  throw new CallError(status.INVALID_ARGUMENT, `The combination of (${cases.join(', ')}) is invalid.`);
}
