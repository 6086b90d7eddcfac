import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { CallError, invalidValue, unforeseen } from './errors.js';
import type { StoredEvent } from './stored-event.js';

/** The window when a filter leaves it to the server. */
const defaultWindow = 32;

export interface EventFilter {
  matches(event: StoredEvent): boolean;
  /** A subscription gets a checkpoint after so many events, matching or not. */
  readonly checkpointInterval: number;
}

/** Bookkeeping that EventStoreDB keeps out of $all. */
export function isHiddenInAll(stream: string): boolean {
  return stream === '$epoch-information' || /^\$persistentsubscription-\$all::.*-(checkpoint|parked)$/s.test(stream);
}

export function readFilter(options: streams.ReadReq.Options.FilterOptions): EventFilter {
  const multiplier = options.getCheckpointintervalmultiplier();
  if (multiplier === 0) throw unforeseen('checkpointIntervalMultiplier must be at least 1.');
  return { matches: readMatcher(options), checkpointInterval: multiplier * readWindow(options) };
}

function readWindow(options: streams.ReadReq.Options.FilterOptions): number {
  const { WindowCase } = streams.ReadReq.Options.FilterOptions;
  switch (options.getWindowCase()) {
    case WindowCase.MAX:
      if (options.getMax() === 0) throw unforeseen('The search window (max) must be at least 1.');
      return options.getMax();
    case WindowCase.COUNT:
      return defaultWindow;
    default:
      throw invalidValue(String(options.getWindowCase()), 'FilterOptions.WindowOneofCase');
  }
}

function readMatcher(options: streams.ReadReq.Options.FilterOptions): EventFilter['matches'] {
  const { FilterCase } = streams.ReadReq.Options.FilterOptions;
  switch (options.getFilterCase()) {
    case FilterCase.EVENT_TYPE: {
      const accepts = readExpression(options.getEventType()!);
      return (event) => accepts(event.type);
    }
    case FilterCase.STREAM_IDENTIFIER: {
      const accepts = readExpression(options.getStreamIdentifier()!);
      return (event) => accepts(event.stream);
    }
    default:
      throw invalidValue(String(options.getFilterCase()), 'FilterOptions.FilterOneofCase');
  }
}

/** A regular expression wins over prefixes; without either nothing matches. */
function readExpression(expression: streams.ReadReq.Options.FilterOptions.Expression): (text: string) => boolean {
  const regex = expression.getRegex();
  if (regex === '') {
    const prefixes = expression.getPrefixList();
    return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  }
  try {
    const compiled = new RegExp(regex);
    return (text) => compiled.test(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CallError(status.INVALID_ARGUMENT, `The filter '${regex}' is not a regular expression: ${error.message}`);
  }
}
