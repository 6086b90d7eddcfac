import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import type { Role } from '#libs/events/src/identity.js';
import { CustomerRow } from '../customer-list/customer-list.entity.js';
import { CustomerUserRow } from '../customer-users/customer-users.entity.js';
import { salesRoles } from '../sales-people.js';

const togetherMs = 60_000;
const successorRoles: readonly Role[] = ['SALES', 'MANAGER'];

/** A user who was deleted, and who was named to take over from them. */
type Gone = Pick<CustomerUserRow, 'id' | 'reassignTo'>;

/** Answers who takes over a customer, null when there is nobody; the same when it is asked again. */
export type SuccessorOf = (customerId: string) => string | null;

/** Who takes over the customers of a user who was deleted. */
@Injectable()
export class Successors {
  private readonly recent = new Map<string, { readonly until: number; readonly successor: Promise<SuccessorOf> }>();

  constructor(
    @InjectRepository(CustomerUserRow, 'customer') private readonly users: Repository<CustomerUserRow>,
    @InjectRepository(CustomerRow, 'customer') private readonly customers: Repository<CustomerRow>,
  ) {}

  /**
   * The one who was named, while they are there and look after customers; else for each customer whoever of the sales people has fewest. Several
   * events tell of the customers of one user: what is answered to them belongs together for a minute.
   */
  async of({ id, reassignTo }: Gone): Promise<SuccessorOf> {
    const now = performance.now();
    for (const [user, { until }] of this.recent) if (until < now) this.recent.delete(user);
    const known = this.recent.get(id);
    if (known) return known.successor;
    const successor = this.chosen({ id, reassignTo });
    this.recent.set(id, { until: now + togetherMs, successor });
    successor.catch(() => this.recent.delete(id));
    return successor;
  }

  private async chosen(gone: Gone): Promise<SuccessorOf> {
    const people = await this.users.findBy({ active: true, role: In([...salesRoles]) });
    return fewestFirst(await this.burdens(candidatesFor(gone, people)));
  }

  private async burdens(users: readonly string[]): Promise<Map<string, number>> {
    const counts = await this.customers
      .createQueryBuilder('customer')
      .select('customer.assignedSalesId', 'id')
      .addSelect('count(*)', 'count')
      .where({ status: 'active', assignedSalesId: In([...users]) })
      .groupBy('customer.assignedSalesId')
      .getRawMany<{ id: string; count: string }>();
    const known = new Map(counts.map(({ id, count }) => [id, Number(count)]));
    return new Map(users.map((id) => [id, known.get(id) ?? 0]));
  }
}

/** Of all who look after customers, those who may take over: the one who was named, else all who do so for a living. */
export function candidatesFor(
  { id: gone, reassignTo }: Gone,
  people: readonly Pick<CustomerUserRow, 'id' | 'role'>[],
): readonly string[] {
  // The copy may not know yet that they are gone.
  const others = people.filter(({ id }) => id !== gone);
  const named = others.filter(({ id }) => id === reassignTo);
  return (named.length > 0 ? named : others.filter(({ role }) => successorRoles.includes(role))).map(({ id }) => id);
}

/** Spreads customers: each goes to whoever has fewest by then, of equals to the first by id. */
export function fewestFirst(burdens: ReadonlyMap<string, number>): SuccessorOf {
  const counts = new Map([...burdens].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const chosen = new Map<string, string | null>();
  return (customerId) => {
    const before = chosen.get(customerId);
    if (before !== undefined) return before;
    let least: string | null = null;
    for (const [id, count] of counts) if (least === null || count < counts.get(least)!) least = id;
    if (least !== null) counts.set(least, counts.get(least)! + 1);
    chosen.set(customerId, least);
    return least;
  };
}
