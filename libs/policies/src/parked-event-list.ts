import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { decodeCursor, encodeCursor, type Page } from '#libs/http/src/paging.js';
import type { ParkedEventQuery, ParkedEventRow } from './parked-events.dto.js';

const columns = `id, policy, event_id as "eventId", event_type as "eventType", stream, revision, position, key, state,
  reason, tries, occurred_at as "occurredAt", parked_at as "parkedAt", resolved_at as "resolvedAt",
  resolved_by as "resolvedBy"`;
const open = `state in ('parked', 'waiting')`;

/** What a policy has set aside. */
export interface Backlog {
  readonly policy: string;
  /** Events that an operator has to decide about. */
  readonly parked: number;
  /** Events that wait behind those. */
  readonly waiting: number;
  /** When the oldest of them happened. */
  readonly oldest: Date;
}

/** The parked events of all contexts of this process, each of which keeps its own. */
@Injectable()
export class ParkedEventList {
  constructor(private readonly contexts: ContextRegistry) {}

  /** In the order of the log, or with `-position` from its end. Throws 400 problems for a bad cursor or sort. */
  async page({ limit, cursor, sort = 'position', total, ...filter }: ParkedEventQuery): Promise<Page<ParkedEventRow>> {
    if (sort !== 'position' && sort !== '-position')
      throw httpProblem('unknown_sort', 'Sort by position or -position.');
    const descending = sort === '-position';
    const after = cursor === undefined ? undefined : place(cursor, sort);
    const { where, values } = conditions(filter);
    const beyond =
      after && ` and (position, id) ${descending ? '<' : '>'} ($${values.length + 1}, $${values.length + 2})`;
    const direction = descending ? 'desc' : 'asc';
    const rows = await this.query<ParkedEventRow>(
      `select ${columns} from policy_parked_events where ${where}${beyond ?? ''}
       order by position ${direction}, id ${direction} limit ${limit + 1}`,
      [...values, ...(after ? [after.position, after.id] : [])],
    );
    const items = rows.toSorted((a, b) => (descending ? inLog(b, a) : inLog(a, b))).slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      next: rows.length > limit && last ? encodeCursor(sort, last.position, last.id) : null,
      ...(total && { total: await this.count(where, values) }),
    };
  }

  async find(id: string): Promise<ParkedEventRow | undefined> {
    const [row] = await this.query<ParkedEventRow>(`select ${columns} from policy_parked_events where id = $1`, [id]);
    return row;
  }

  /** Policies that have set nothing aside are left out. */
  async backlogs(): Promise<readonly Backlog[]> {
    const rows = await this.query<{ policy: string; parked: string; waiting: string; oldest: Date }>(
      `select policy, count(*) filter (where state = 'parked') as parked,
         count(*) filter (where state = 'waiting') as waiting, min(occurred_at) as oldest
       from policy_parked_events where ${open} group by policy order by policy`,
    );
    return rows.map((row) => ({ ...row, parked: Number(row.parked), waiting: Number(row.waiting) }));
  }

  private async count(where: string, values: readonly unknown[]): Promise<number> {
    const counts = await this.query<{ count: string }>(
      `select count(*) as count from policy_parked_events where ${where}`,
      values,
    );
    return counts.reduce((sum, { count }) => sum + Number(count), 0);
  }

  private async query<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const answers = await Promise.all(this.contexts.all.map(({ database }) => database.query<Row[]>(sql, [...values])));
    return answers.flat();
  }
}

function conditions({ state, policy }: Pick<ParkedEventQuery, 'state' | 'policy'>): {
  readonly where: string;
  readonly values: readonly unknown[];
} {
  const values: unknown[] = [];
  const parts = [state === undefined ? open : `state = $${values.push(state)}`];
  if (policy !== undefined) parts.push(`policy = $${values.push(policy)}`);
  return { where: parts.join(' and '), values };
}

function place(cursor: string, sort: string): { readonly position: string; readonly id: string } {
  const { value, id } = decodeCursor(cursor, sort);
  if (!/^\d{1,18}$/.test(value) || !isUUID(id)) throw httpProblem('invalid_cursor');
  return { position: value, id };
}

function inLog(a: ParkedEventRow, b: ParkedEventRow): number {
  const difference = BigInt(a.position) - BigInt(b.position);
  return difference === 0n ? (a.id < b.id ? -1 : 1) : difference < 0n ? -1 : 1;
}
