import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { decodeCursor, encodeCursor, type Page } from '#libs/http/src/paging.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { customerDecider } from '../domain/customer.decider.js';
import type { Likeness } from './likeness.js';

/** Customers of one group that are shown: beyond that it is an office's number rather than one person. */
const mostShown = 10;

const keyColumns: Readonly<Record<Likeness, readonly string[]>> = {
  email: ['email_key'],
  phone: ['phone_key'],
  nameAndBirthDate: ['name_key', 'birth_date'],
  nameAndPostalCode: ['name_key', 'postal_key'],
};

export interface DuplicateGroup {
  /** How many are alike, also those who are not shown. */
  readonly count: number;
  /** Oldest first. */
  readonly customers: readonly CustomerRow[];
}

interface FoundGroup {
  readonly keys: readonly string[];
  readonly count: number;
  readonly ids: readonly string[];
}

/** Finds active customers who look alike among all that are there, however they came to be so. */
@Injectable()
export class DuplicateScan {
  constructor(
    @InjectRepository(CustomerRow, 'customer') private readonly customers: Repository<CustomerRow>,
    private readonly aggregates: Aggregates,
  ) {}

  /**
   * Groups of those who have the same of something, in the order of what that is. Whom somebody has told apart from
   * all others of the group is left out, and the group where nobody remains; so a page may hold fewer than `limit`.
   * @throws ProblemError invalid_cursor
   */
  async find(
    same: Likeness,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<DuplicateGroup>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, same);
    // What Postgres could not read as a text.
    if (after && `${after.value}${after.id}`.includes('\0')) throw httpProblem('invalid_cursor');
    const found = await this.groups(same, limit + 1, after);
    const last = found.length > limit ? found[limit - 1] : undefined;
    const items: DuplicateGroup[] = [];
    for (const { count, ids } of found.slice(0, limit)) {
      const alike = await this.notToldApart(ids);
      if (alike.length < 2) continue;
      const customers = await this.customers.find({
        where: { id: In(alike) },
        order: { createdAt: 'ASC', id: 'ASC' },
      });
      items.push({ count: count - ids.length + alike.length, customers });
    }
    return { items, next: last ? encodeCursor(same, last.keys[0]!, last.keys[1] ?? '') : null };
  }

  private async groups(
    same: Likeness,
    limit: number,
    after: { readonly value: string; readonly id: string } | undefined,
  ): Promise<readonly FoundGroup[]> {
    const columns = keyColumns[same];
    const values = after ? [after.value, after.id].slice(0, columns.length) : [];
    const beyond = after ? `and (${columns.join()}) > (${values.map((_, index) => `$${index + 1}`).join()})` : '';
    const these = columns.map((column) => `one.${column} = found.${column}`).join(' and ');
    // Ids of the groups that are served, not of all customers.
    return this.customers.manager.query<FoundGroup[]>(
      `select array[${columns.join()}] as keys, count,
         array(select id from customer_search as one where active and ${these} order by id limit ${mostShown}) as ids
       from (
         select ${columns.join()}, count(*)::integer as count from customer_search
         where active ${columns.map((column) => `and ${column} is not null`).join(' ')} ${beyond}
         group by ${columns.join()} having count(*) > 1 order by ${columns.join()} limit ${limit}
       ) as found order by ${columns.join()}`,
      values,
    );
  }

  /** The log knows whom somebody has told apart, and who is gone by now. */
  private async notToldApart(ids: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(
      ids.map(async (id) => ({ id, customer: await this.aggregates.load(customerDecider, id) })),
    );
    const active = found.flatMap(({ id, customer }) =>
      customer.status === 'active' ? [{ id, differsFrom: customer.differsFrom }] : [],
    );
    return active
      .filter((one) =>
        active.some(
          (other) => other !== one && !one.differsFrom.includes(other.id) && !other.differsFrom.includes(one.id),
        ),
      )
      .map(({ id }) => id);
  }
}
