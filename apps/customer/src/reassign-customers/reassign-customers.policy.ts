import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { FanOut } from '#libs/event-sourcing/src/fan-out.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import type { UserEvent } from '#libs/events/src/identity.js';
import { CatchUp } from '../catch-up.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';
import { CustomerUserRow } from '../customer-users/customer-users.entity.js';
import { AssignCustomer } from '../domain/customer-commands.js';
import { customerDecider } from '../domain/customer.decider.js';
import { Successors } from './successors.js';

type UserDeleted = Recorded<EventOfType<UserEvent, 'user.deleted'>>;
type MayBeOrphaned = Recorded<EventOfType<CustomerEvent, 'customer.assigned' | 'customer.restored'>>;

/** No customer stays with a user who is gone. */
@Controller()
export class ReassignCustomersPolicy {
  constructor(
    @InjectRepository(CustomerUserRow, 'customer') private readonly users: Repository<CustomerUserRow>,
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly catchUp: CatchUp,
    private readonly fanOut: FanOut,
    private readonly successors: Successors,
  ) {}

  @Policy('customer/reassign-on-user-deleted', { on: ['user.deleted'], key: streamOf, startFrom: 'beginning' })
  async handleDeletion(@Payload() event: UserDeleted, @Ctx() policy: PolicyContext): Promise<void> {
    await this.catchUp.usersBefore(event.position);
    await this.catchUp.users();
    const { userId, reassignTo } = event.data;
    const successor = await this.successors.of({ id: userId, reassignTo: reassignTo ?? null });
    await this.fanOut.run(policy, {
      over: customerListProjection,
      where: { assignedSalesId: userId, status: 'active' },
      command: ({ id }) => {
        const data = { salesId: successor(id), cause: 'user_deleted', onlyFrom: userId } as const;
        return new AssignCustomer(id, data, policy.command(id));
      },
    });
  }

  /** A customer can be assigned while their new sales person is being deleted, or come back after that. */
  @Policy('customer/reassign-orphans', {
    on: ['customer.assigned', 'customer.restored'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handleCustomer(@Payload() event: MayBeOrphaned, @Ctx() policy: PolicyContext): Promise<void> {
    const { customerId } = event.data;
    const salesId = event.type === 'customer.assigned' ? event.data.assignedSalesId : await this.salesOf(customerId);
    if (salesId === null) return;
    // Not for the newest of the log, which may be far ahead: who is deleted after this passes this customer on as well.
    await this.catchUp.usersBefore(event.position);
    const user = await this.users.findOneBy({ id: salesId });
    if (!user || user.active) return;
    const successor = await this.successors.of(user);
    const data = { salesId: successor(customerId), cause: 'user_deleted', onlyFrom: salesId } as const;
    await this.commands.execute(new AssignCustomer(customerId, data, policy.command(customerId)));
  }

  private async salesOf(customerId: string): Promise<string | null> {
    const customer = await this.aggregates.load(customerDecider, customerId);
    return customer.status === 'active' ? customer.assignedSalesId : null;
  }
}
