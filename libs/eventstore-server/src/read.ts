import { cursorOfAll, cursorOfStream } from './cursor.js';
import type { Cursor } from './cursor.js';
import { toCallError, unforeseen } from './errors.js';
import type { EventLog } from './event-log.js';
import { Outlet } from './outlet.js';
import type { ReadCall } from './outlet.js';
import { eventMessage, lastStreamPositionMessage, streamNotFoundMessage } from './read-messages.js';
import { readRequest } from './read-request.js';
import type { ReadRequest } from './read-request.js';
import type { Storage } from './storage.js';
import { Subscription } from './subscription.js';

/** Reads and catch-up subscriptions share one call of the protocol. */
export function readHandler(log: EventLog) {
  return (call: ReadCall): void => {
    read(log, call).catch((error: unknown) => call.emit('error', toCallError(error)));
  };
}

async function read(log: EventLog, call: ReadCall): Promise<void> {
  const request = readRequest(call.request);
  const outlet = new Outlet(call);
  if (request.count === undefined) {
    await new Subscription(log, request, outlet).run();
    return;
  }
  if (request.stream === undefined) await readAll(log.storage, request, request.count, outlet);
  else await readStream(log.storage, request, request.stream, request.count, outlet);
  call.end();
}

async function readStream(
  storage: Storage,
  request: ReadRequest,
  stream: string,
  count: number,
  outlet: Outlet,
): Promise<void> {
  if (count === 0) throw unforeseen('Unexpected ReadStreamResult: Error');
  const last = storage.lastRevision(stream);
  if (last < 0) {
    await outlet.send(streamNotFoundMessage(stream));
    return;
  }
  const { start, backwards } = request;
  // At the end there is nothing to read forward; backward there is the last event.
  const from = start === 'start' ? 0 : start === 'end' ? (backwards ? last : last + 1) : start;
  const cursor = cursorOfStream(storage, stream, backwards ? Math.min(from, last) : from, backwards);
  await sendEvents(cursor, request, count, storage.end, outlet);
  if (request.tellsLastRevision) await outlet.send(lastStreamPositionMessage(last));
}

async function readAll(storage: Storage, request: ReadRequest, count: number, outlet: Outlet): Promise<void> {
  const { start, backwards } = request;
  if (typeof start === 'number' && !storage.isBoundary(start)) throw unforeseen('Unexpected ReadAllResult: Error');
  const from = start === 'start' ? 0 : start === 'end' ? storage.end : start;
  await sendEvents(cursorOfAll(storage, from, backwards), request, count, storage.end, outlet);
}

/** Ends where the log ended when the read began: a busy log does not keep a reader for ever. */
async function sendEvents(
  cursor: Cursor,
  { filter, uuidForm }: ReadRequest,
  count: number,
  end: number,
  outlet: Outlet,
): Promise<void> {
  let left = count;
  while (!outlet.closed) {
    const page = cursor.nextPage();
    if (page.length === 0) return;
    for (const event of page) {
      if (left === 0 || event.position >= end || outlet.closed) return;
      if (filter !== undefined && !filter.matches(event)) continue;
      left -= 1;
      const pause = outlet.send(eventMessage(event, uuidForm));
      if (pause !== undefined) await pause;
    }
  }
}
