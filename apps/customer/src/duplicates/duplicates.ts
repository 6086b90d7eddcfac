import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { Committed } from '#libs/event-sourcing/src/command.js';
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { CatchUp } from '../catch-up.js';
import { customerProblem } from '../customer.problems.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { customerDecider } from '../domain/customer.decider.js';
import { type Keys, type Likeness, marksOf, newKeys, sameOf } from './likeness.js';
import { RecentWrites } from './recent-writes.js';

const mostCandidates = 5;

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly assignedSalesId: string | null;
  readonly same: readonly Likeness[];
}

interface Found {
  readonly candidates: readonly Candidate[];
  /**
   * The read models were too far behind to wait for. Compared were those whom they know, and those whom this process
   * has written.
   */
  readonly partial: boolean;
}

export interface Compared extends Pick<Found, 'partial'> {
  /** Those that somebody says this one differs from, if any. */
  readonly differsFrom?: readonly string[];
}

/**
 * Active customers who look like the one that is written down: the same mail address, the same phone number, or the
 * same name with the same day of birth or postal code. The same name alone is none: too many people share theirs.
 */
@Injectable()
export class Duplicates {
  constructor(
    @InjectRepository(CustomerRow, 'customer') private readonly customers: Repository<CustomerRow>,
    private readonly catchUp: CatchUp,
    private readonly recent: RecentWrites,
    private readonly aggregates: Aggregates,
  ) {}

  /** This process has written a customer: from now on others are compared with them. */
  wrote({ id, position }: Committed, record: CustomerRecord): void {
    this.recent.note(id, newKeys(record, undefined));
    this.catchUp.wrote(position);
  }

  /**
   * The most alike come first. `id`: the customer itself, who is none. `before`: what was known until now; a likeness
   * that was there already counts no more.
   */
  async of(id: string, record: CustomerRecord, before?: CustomerRecord): Promise<Found> {
    const keys = newKeys(record, before);
    if (marksOf(keys).length === 0) return { candidates: [], partial: false };
    // What was written down a moment before counts too. Candidates are found in one read model and shown from another.
    const partial = !(await this.catchUp.customers());
    const known = await this.known(id, keys);
    if (!partial) return { candidates: known, partial };
    const ids = known.map((candidate) => candidate.id);
    const others = this.recent.alike(keys).filter((other) => other !== id && !ids.includes(other));
    const candidates = await this.asOfNow([...ids, ...others.slice(0, mostCandidates)], keys);
    return { candidates: candidates.slice(0, mostCandidates), partial };
  }

  private async known(
    id: string,
    { emailKey, phoneKey, nameKey, birthDate, postalKey }: Keys,
  ): Promise<readonly Candidate[]> {
    return this.customers.manager.query<Candidate[]>(
      `select listed.id, listed.name, listed.email, listed.phone, listed.assigned_sales_id as "assignedSalesId", same
       from customer_search as other
       join customer_list as listed on listed.id = other.id,
       lateral (select array_remove(array[
         case when other.email_key = $2 then 'email' end,
         case when other.phone_key = $3 then 'phone' end,
         case when other.name_key = $4 and other.birth_date = $5 then 'nameAndBirthDate' end,
         case when other.name_key = $4 and other.postal_key = $6 then 'nameAndPostalCode' end
       ], null) as same) as likeness
       where other.active and other.id <> $1
         and (other.email_key = $2 or other.phone_key = $3
           or (other.name_key = $4 and (other.birth_date = $5 or other.postal_key = $6)))
       order by cardinality(same) desc, listed.created_at, listed.id limit ${mostCandidates}`,
      [id, emailKey, phoneKey, nameKey, birthDate, postalKey],
    );
  }

  /** Those of them who are alike as the log tells them: the read models may not show them yet, or as they were. */
  private async asOfNow(ids: readonly string[], keys: Keys): Promise<readonly Candidate[]> {
    const found = await Promise.all(
      ids.map(async (id) => ({ id, customer: await this.aggregates.load(customerDecider, id) })),
    );
    return found.flatMap(({ id, customer }) => {
      if (customer.status !== 'active') return [];
      const { name, email, phone } = customer.record;
      const same = sameOf(keys, newKeys(customer.record, undefined));
      return same.length === 0 ? [] : [{ id, name, email, phone, assignedSalesId: customer.assignedSalesId, same }];
    });
  }

  /**
   * Looks before a customer is written.
   * @throws ProblemError customer_looks_like_another
   */
  async demandNone(
    id: string,
    choice: 'refuse' | 'allow',
    record: CustomerRecord,
    before?: CustomerRecord,
  ): Promise<Compared> {
    const { candidates, partial } = await this.of(id, record, before);
    if (choice === 'refuse' && candidates.length > 0) {
      throw customerProblem('customer_looks_like_another', undefined, { candidates });
    }
    return { partial, ...(candidates.length > 0 && { differsFrom: candidates.map((candidate) => candidate.id) }) };
  }
}
