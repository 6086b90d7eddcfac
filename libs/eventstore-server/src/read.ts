import type { Access } from './access.js';
import { cursorOfAll, cursorOfStream } from './cursor.js';
import type { Cursor } from './cursor.js';
import { StreamDeleted, toCallError, unforeseen } from './errors.js';
import type { EventLog } from './event-log.js';
import { isHiddenInAll } from './filter.js';
import { resolverOf } from './links.js';
import { Outlet } from './outlet.js';
import type { ReadCall } from './outlet.js';
import { eventMessage } from './event-message.js';
import { firstStreamPositionMessage, lastStreamPositionMessage, streamNotFoundMessage } from './read-messages.js';
import { readRequest } from './read-request.js';
import type { ReadRequest } from './read-request.js';
import { hasExpired } from './retention.js';
import type { StoredEvent } from './stored-event.js';
import { Subscription } from './subscription.js';

/** Reads and catch-up subscriptions share one call of the protocol. */
export function readHandler(log: EventLog, access: Access) {
  return (call: ReadCall): void => {
    read(log, access, call).catch((error: unknown) => call.emit('error', toCallError(error)));
  };
}

async function read(log: EventLog, access: Access, call: ReadCall): Promise<void> {
  const request = readRequest(call.request);
  access.demand(call, 'read', request.stream);
  const outlet = new Outlet(call);
  if (request.count === undefined) {
    await new Subscription(log, request, outlet).run();
    return;
  }
  if (request.stream === undefined) await readAll(log, request, request.count, outlet);
  else await readStream(log, request, request.stream, request.count, outlet);
  call.end();
}

async function readStream(
  log: EventLog,
  request: ReadRequest,
  stream: string,
  count: number,
  outlet: Outlet,
): Promise<void> {
  if (count === 0) throw unforeseen('Unexpected ReadStreamResult: Error');
  const state = log.catalog.find(stream, Date.now());
  if (state.kind === 'tombstoned') throw new StreamDeleted(stream);
  if (state.kind === 'missing') {
    await outlet.send(streamNotFoundMessage(stream));
    return;
  }
  const { start, backwards } = request;
  const { last, range } = state;
  // At the end there is nothing to read forward; backward there is the last event.
  const from = start === 'start' ? 0 : start === 'end' ? (backwards ? last : last + 1) : start;
  const cursor = cursorOfStream(log.storage, stream, backwards ? Math.min(from, last) : from, backwards, range.from);
  const sent = await sendEvents(log, cursor, request, count, outlet, (event) => !hasExpired(range, event));
  if (!request.tellsEnds) return;
  const first = Math.max(range.from, last + 1);
  if (sent === 0 && !backwards && from < first) await outlet.send(firstStreamPositionMessage(first));
  await outlet.send(lastStreamPositionMessage(last));
}

async function readAll(log: EventLog, request: ReadRequest, count: number, outlet: Outlet): Promise<void> {
  const { storage } = log;
  const { start, backwards, filter } = request;
  if (typeof start === 'number' && !storage.isBoundary(start)) throw unforeseen('Unexpected ReadAllResult: Error');
  const from = start === 'start' ? 0 : start === 'end' ? storage.end : start;
  const cursor = cursorOfAll(storage, from, backwards);
  const wants = (event: StoredEvent): boolean =>
    !isHiddenInAll(event.stream) && (filter === undefined || filter.matches(event));
  await sendEvents(log, cursor, request, count, outlet, wants);
}

/**
 * Ends where the log ended when the read began: a busy log does not keep a reader for ever.
 * Answers how many events it sent.
 */
async function sendEvents(
  log: EventLog,
  cursor: Cursor,
  { resolvesLinks, uuidForm }: ReadRequest,
  count: number,
  outlet: Outlet,
  wants: (event: StoredEvent) => boolean,
): Promise<number> {
  const { end } = log.storage;
  const resolve = resolverOf(log, resolvesLinks);
  let sent = 0;
  // Most reads are of few events. Where a filter leaves some out, whole pages follow.
  let atMost: number | undefined = count;
  while (!outlet.closed && sent < count) {
    const page = cursor.nextPage(atMost);
    atMost = undefined;
    if (page.length === 0) return sent;
    const sentBefore = sent;
    for (const event of page) {
      if (sent === count || event.position >= end || outlet.closed) return sent;
      if (!wants(event)) continue;
      sent += 1;
      const pause = outlet.send(eventMessage(resolve(event), uuidForm));
      if (pause !== undefined) await pause;
    }
    if (sent === sentBefore) await outlet.endTurn();
  }
  return sent;
}
