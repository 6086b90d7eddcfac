import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { CatchUp } from '../catch-up.js';
import { customerProblem } from '../customer.problems.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { keysOf } from '../customer-search/customer-search.projection.js';

const mostCandidates = 5;

/** What two customers have in common. */
export const likenesses = ['email', 'phone', 'nameAndBirthDate', 'nameAndPostalCode'] as const;
export type Likeness = (typeof likenesses)[number];

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly assignedSalesId: string | null;
  readonly same: readonly Likeness[];
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
  ) {}

  /**
   * The most alike come first. `id`: the customer itself, who is none. `before`: what was known until now; a likeness
   * that was there already counts no more.
   */
  async of(id: string, record: CustomerRecord, before?: CustomerRecord): Promise<readonly Candidate[]> {
    const { emailKey, phoneKey, nameKey, birthDate, postalKey } = newKeys(record, before);
    const named = nameKey !== null && (birthDate !== null || postalKey !== null);
    if (emailKey === null && phoneKey === null && !named) return [];
    // What was written down a moment before counts too. Candidates are found in one read model and shown from another.
    await Promise.all([this.catchUp.search(), this.catchUp.list()]);
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

  /**
   * Looks before a customer is written. Answers those that somebody says this one differs from, if any.
   * @throws ProblemError customer_looks_like_another
   */
  async demandNone(
    id: string,
    choice: 'refuse' | 'allow',
    record: CustomerRecord,
    before?: CustomerRecord,
  ): Promise<readonly string[] | undefined> {
    const candidates = await this.of(id, record, before);
    if (choice === 'refuse' && candidates.length > 0) {
      throw customerProblem('customer_looks_like_another', undefined, { candidates });
    }
    return candidates.length === 0 ? undefined : candidates.map((candidate) => candidate.id);
  }
}

type Keys = Omit<ReturnType<typeof keysOf>, 'kanaKey'>;

/** The keys by which a customer may have become like another one. */
export function newKeys(record: CustomerRecord, before: CustomerRecord | undefined): Keys {
  const { kanaKey: _kanaKey, ...keys } = keysOf(record);
  if (!before) return keys;
  const old = keysOf(before);
  const renamed = keys.nameKey !== old.nameKey;
  return {
    emailKey: keys.emailKey === old.emailKey ? null : keys.emailKey,
    phoneKey: keys.phoneKey === old.phoneKey ? null : keys.phoneKey,
    nameKey: keys.nameKey,
    birthDate: renamed || keys.birthDate !== old.birthDate ? keys.birthDate : null,
    postalKey: renamed || keys.postalKey !== old.postalKey ? keys.postalKey : null,
  };
}
