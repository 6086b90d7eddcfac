/** Pages over the events of one aggregate, straight from its stream. */
import { OmitType, PickType } from '@nestjs/swagger';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { EventEnvelope, eventEnvelope } from './event-envelope.js';
import { httpProblem } from './http-problems.js';
import { decodeCursor, encodeCursor, PageOf, PageQuery } from './paging.js';
import type { Caller } from './request.js';

export class HistoryQuery extends PickType(PageQuery, ['limit', 'cursor']) {}

export class HistoryPage extends OmitType(PageOf(EventEnvelope), ['total']) {}

const oldestFirst = 'revision';
/** Who audits sees from where people acted. */
const auditors = ['ADMIN', 'COMPLIANCE'];

/**
 * One page of the events of `id` as people see them, oldest first; `read` yields them from a revision on, with the
 * actors' addresses where the caller may see them. Undefined when there is no such aggregate.
 * @throws ProblemError invalid_cursor
 */
export async function eventPageOf(
  id: string,
  query: HistoryQuery,
  { roles }: Pick<Caller, 'roles'>,
  read: (from: number, options: { readonly addresses: boolean }) => AsyncIterable<RecordedEvent>,
): Promise<HistoryPage | undefined> {
  const addresses = roles.some((role) => auditors.includes(role));
  const page = await historyOf(id, query, (from) => read(from, { addresses }));
  return page && { items: page.events.map((event) => eventEnvelope(event, { showIp: addresses })), next: page.next };
}

/**
 * One page of the events of `id`, oldest first; `read` yields them from a revision on.
 * Undefined when there is no such aggregate. Throws a 400 problem for a cursor that is not of this history.
 */
export async function historyOf<Event extends { readonly revision: number }>(
  id: string,
  { limit, cursor }: HistoryQuery,
  read: (from: number) => AsyncIterable<Event>,
): Promise<{ readonly events: readonly Event[]; readonly next: string | null } | undefined> {
  const events: Event[] = [];
  for await (const event of read(cursor === undefined ? 0 : firstRevision(cursor, id))) {
    if (events.length === limit) return { events, next: encodeCursor(oldestFirst, String(event.revision), id) };
    events.push(event);
  }
  return events.length === 0 && cursor === undefined ? undefined : { events, next: null };
}

function firstRevision(cursor: string, id: string): number {
  const { value, id: owner } = decodeCursor(cursor, oldestFirst);
  if (owner !== id || !/^\d{1,15}$/.test(value)) throw httpProblem('invalid_cursor');
  return Number(value);
}
