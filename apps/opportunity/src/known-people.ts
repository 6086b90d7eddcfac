import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type ObjectLiteral, type Repository } from 'typeorm';
import { isAllowed, type Permission } from '#libs/auth/src/permissions.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import type { CustomerFinding, Findings, UserFinding } from './domain/people.js';
import { KnownCustomer } from './known-customers/known-customer.entity.js';
import { knownCustomerProjection } from './known-customers/known-customer.projection.js';
import { KnownUser } from './known-users/known-user.entity.js';
import { knownUserProjection } from './known-users/known-user.projection.js';

export type Names = ReadonlyMap<string, string>;

/** Customers and users as this context's own copies have them. */
@Injectable()
export class KnownPeople {
  constructor(
    private readonly contexts: ContextRegistry,
    @InjectRepository(KnownCustomer, 'opportunity') private readonly customers: Repository<KnownCustomer>,
    @InjectRepository(KnownUser, 'opportunity') private readonly users: Repository<KnownUser>,
  ) {}

  /**
   * What is to be said of people whom a command names.
   * @param permission what the role of each user has to allow
   * @throws ReadModelBehind while a copy is too far behind to say that one of them may not be named
   */
  async find(
    customerId: string | null,
    userIds: readonly string[],
    permission: Permission = 'approvals:decide',
  ): Promise<Findings> {
    const [customer, users] = await Promise.all([
      customerId === null ? undefined : this.customer(customerId),
      this.lookUp(this.users, knownUserProjection, userIds, (user) => findingOf(user, permission) === 'active'),
    ]);
    return {
      ...(customer && { customer }),
      users: Object.fromEntries(userIds.map((id) => [id, findingOf(users.get(id), permission)])),
    };
  }

  async customer(id: string): Promise<CustomerFinding> {
    const isActive = (customer: KnownCustomer) => standingOf(customer).standing === 'active';
    const found = await this.lookUp(this.customers, knownCustomerProjection, [id], isActive);
    return standingOf(found.get(id));
  }

  /** The customer as the log had them at a position, or later. */
  async customerAfter(position: bigint, id: string): Promise<KnownCustomer | null> {
    await this.contexts.readModels.awaitPosition(knownCustomerProjection.name, position);
    return this.customers.findOneBy({ id });
  }

  /** Those of the users who were deleted at a position of the log, or later. */
  async deletedAfter(position: bigint, ids: readonly string[]): Promise<readonly KnownUser[]> {
    await this.contexts.readModels.awaitPosition(knownUserProjection.name, position);
    return this.users.findBy({ id: In([...ids]), active: false });
  }

  /** Names of customers and users by id, for answers. */
  async namesOf(customerIds: Iterable<string | null>, userIds: Iterable<string | null>): Promise<Names> {
    const [customers, users] = [customerIds, userIds].map((ids) => [...new Set(ids)].filter((id) => id !== null));
    const found = await Promise.all([
      customers && customers.length > 0 ? this.customers.findBy({ id: In(customers) }) : [],
      users && users.length > 0 ? this.users.findBy({ id: In(users) }) : [],
    ]);
    return new Map(found.flat().map(({ id, name }) => [id, name]));
  }

  /**
   * What was made, restored or given another role a moment ago may not stand in the copy yet: nobody is unknown or
   * unfit before the copy has the whole log.
   */
  private async lookUp<Row extends ObjectLiteral & { readonly id: string }>(
    rows: Repository<Row>,
    copy: Projection,
    ids: readonly string[],
    isFit: (row: Row) => boolean,
  ): Promise<ReadonlyMap<string, Row>> {
    if (ids.length === 0) return new Map();
    const find = async () => {
      const found = await rows.createQueryBuilder('row').where('row.id in (:...ids)', { ids }).getMany();
      return new Map(found.map((row) => [row.id, row]));
    };
    const found = await find();
    if (found.size === new Set(ids).size && [...found.values()].every(isFit)) return found;
    await this.contexts.readModels.awaitHead(copy.name);
    return find();
  }
}

function findingOf(user: KnownUser | undefined, permission: Permission): UserFinding {
  if (!user) return 'unknown';
  if (!user.active) return 'deleted';
  return isAllowed([user.role], permission) ? 'active' : 'unfit';
}

function standingOf(customer: KnownCustomer | undefined): CustomerFinding {
  if (!customer) return { standing: 'unknown' };
  if (customer.mergedInto !== null) return { standing: 'merged', into: customer.mergedInto };
  return { standing: customer.deleted ? 'deleted' : 'active' };
}
