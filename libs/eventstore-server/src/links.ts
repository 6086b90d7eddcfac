import type { EventLog } from './event-log.js';
import { isReadable } from './retention.js';
import type { StoredEvent } from './stored-event.js';

/** At least one of both is there: a link whose target cannot be read stands alone. */
export interface ResolvedEvent {
  readonly event: StoredEvent | undefined;
  readonly link: StoredEvent | undefined;
}

const linkType = '$>';
const number = /^\s*[+-]?\d+\s*$/;

/** How a caller gets to see events: as they are, or with the targets of links. */
export function resolverOf(log: EventLog, resolvesLinks: boolean): (event: StoredEvent) => ResolvedEvent {
  return resolvesLinks ? (event) => resolveLink(log, event) : (event) => ({ event, link: undefined });
}

/**
 * The event that a link names by `<number>@<stream>`, one level deep: a link to a link gives the second link.
 * What is no link, or names no number, is the event itself.
 */
function resolveLink(log: EventLog, event: StoredEvent): ResolvedEvent {
  if (event.type !== linkType) return { event, link: undefined };
  const text = Buffer.from(event.data).toString();
  const at = text.indexOf('@');
  const revision = at < 0 ? text : text.slice(0, at);
  if (!number.test(revision)) return { event, link: undefined };
  const target = at < 0 ? undefined : readableEvent(log, text.slice(at + 1), Number(revision));
  return { event: target, link: event };
}

function readableEvent(log: EventLog, stream: string, revision: number): StoredEvent | undefined {
  const state = log.catalog.find(stream, Date.now());
  if (state.kind !== 'present' || revision > state.last) return undefined;
  const event = log.storage.eventOf(stream, revision);
  return event !== undefined && isReadable(state.range, event) ? event : undefined;
}
