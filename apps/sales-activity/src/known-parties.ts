import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { rowOf, type Shown } from '#libs/http/src/shown-rows.js';
import type { CustomerStanding, UserStanding } from './domain/parties.js';
import { KnownCustomer } from './known-customers/known-customer.entity.js';
import { knownCustomerProjection } from './known-customers/known-customer.projection.js';
import { KnownUser } from './known-users/known-user.entity.js';
import { knownUserProjection } from './known-users/known-user.projection.js';

/** Names by id, for answers. */
export interface Names {
  readonly customers: ReadonlyMap<string, string>;
  readonly users: ReadonlyMap<string, string>;
}

/** The customers and users of this context's own copy. */
@Injectable()
export class KnownParties {
  constructor(
    private readonly contexts: ContextRegistry,
    @InjectRepository(KnownCustomer, 'sales-activity') private readonly customers: Repository<KnownCustomer>,
    @InjectRepository(KnownUser, 'sales-activity') private readonly users: Repository<KnownUser>,
  ) {}

  /** @throws ReadModelBehind while the copy is too far behind to say that there is no such customer */
  async customer(id: string): Promise<CustomerStanding> {
    const found = await this.orElseAtHead(knownCustomerProjection, () => this.findCustomer(id));
    if (!found) return { is: 'unknown' };
    if (found.mergedInto !== null) return { is: 'merged', into: found.mergedInto };
    return { is: found.deleted ? 'deleted' : 'active' };
  }

  /** @throws ReadModelBehind while the copy is too far behind to say that there is no such user */
  async user(id: string): Promise<UserStanding> {
    const found = await this.orElseAtHead(knownUserProjection, () => this.findUser(id));
    return found ? (found.active ? 'active' : 'deleted') : 'unknown';
  }

  async namesOf(rows: readonly { readonly customerId: string | null; readonly userId: string }[]): Promise<Names> {
    const customerIds = new Set(rows.flatMap(({ customerId }) => customerId ?? []));
    const userIds = new Set(rows.map(({ userId }) => userId));
    const [customers, users] = await Promise.all([
      customerIds.size > 0 ? this.customers.findBy({ id: In([...customerIds]) }) : [],
      userIds.size > 0 ? this.users.findBy({ id: In([...userIds]) }) : [],
    ]);
    return {
      customers: new Map(customers.map(({ id, name }) => [id, name])),
      users: new Map(users.map(({ id, name }) => [id, name])),
    };
  }

  /** As the copy has them now. */
  async findCustomer(id: string): Promise<Shown<KnownCustomer> | undefined> {
    return rowOf(this.customers, id);
  }

  /** As the copy has them now. */
  async findUser(id: string): Promise<Shown<KnownUser> | undefined> {
    return rowOf(this.users, id);
  }

  /** Waits until both copies have seen an event. @throws ReadModelBehind */
  async haveSeen(position: bigint): Promise<void> {
    for (const { name } of [knownCustomerProjection, knownUserProjection]) {
      await this.contexts.readModels.awaitPosition(name, position);
    }
  }

  /** What was created a moment ago may not stand in the copy yet. */
  private async orElseAtHead<Row>(copy: Projection, find: () => Promise<Row | undefined>): Promise<Row | undefined> {
    const found = await find();
    if (found) return found;
    await this.contexts.readModels.awaitHead(copy.name);
    return find();
  }
}
