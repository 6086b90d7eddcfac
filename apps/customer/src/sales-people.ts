import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { authProblem } from '#libs/auth/src/auth-problems.js';
import { may } from '#libs/auth/src/permissions.js';
import { ContextRegistry } from '#libs/event-sourcing/src/context-registry.js';
import type { Role } from '#libs/events/src/identity.js';
import type { Caller } from '#libs/http/src/request.js';
import { customerProblem } from './customer.problems.js';
import { CustomerUserRow } from './customer-users/customer-users.entity.js';
import { customerUsersProjection } from './customer-users/customer-users.projection.js';

export const salesRoles: readonly Role[] = ['SALES', 'MANAGER', 'ADMIN'];

/** Who can look after customers, as far as this context has heard of users. */
@Injectable()
export class SalesPeople {
  constructor(
    @InjectRepository(CustomerUserRow, 'customer') private readonly users: Repository<CustomerUserRow>,
    private readonly contexts: ContextRegistry,
  ) {}

  /**
   * @throws ProblemError sales_person_unknown, not_a_sales_person; ReadModelBehind when it can't be said yet
   */
  async demand(userId: string): Promise<void> {
    const user = await this.find(userId);
    if (!user?.active) throw customerProblem('sales_person_unknown');
    if (!salesRoles.includes(user.role)) throw customerProblem('not_a_sales_person');
  }

  /**
   * Whether the caller may write a customer down for this user: sales people only for themselves.
   * @throws ProblemError permission_denied, and as `demand`
   */
  async demandAssignable(userId: string, caller: Caller): Promise<void> {
    const decides = may(caller, 'customers:assign') || caller.roles.includes('SERVICE');
    if (!decides && userId !== caller.id) {
      const detail = 'You can write a customer down for yourself or for nobody. A manager can assign it to others.';
      throw authProblem('permission_denied', detail, { permission: 'customers:assign' });
    }
    await this.demand(userId);
  }

  /** Of a user who is not known yet the log may tell, where the copy has not got to. */
  private async find(userId: string): Promise<CustomerUserRow | null> {
    const known = await this.users.findOneBy({ id: userId });
    if (known) return known;
    await this.contexts.readModels.awaitHead(customerUsersProjection.name);
    return this.users.findOneBy({ id: userId });
  }
}
