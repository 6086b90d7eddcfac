import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EventOfType, Recorded } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { ContractTerms } from '#libs/events/src/contract.js';
import { isErased } from '#libs/events/src/erased.js';
import type { EnvironmentChangeMail } from '#libs/events/src/notification.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { RequestDelivery } from '../domain/delivery.commands.js';

const changes = [
  'environment.amended',
  'environment.suspended',
  'environment.restored',
  'environment.retained',
  'environment.deleted',
] as const;

type Change = EventOfType<EnvironmentEvent, (typeof changes)[number]>;

/** A customer gets one mail for each thing that becomes of their environment. */
@Controller()
export class AnnounceChangePolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('notification/announce-change', { on: changes, key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: Recorded<Change>, @Ctx() context: PolicyContext): Promise<void> {
    const { contractId, company } = event.data;
    const content = mailOf(event);
    // Whoever was erased is told nothing more.
    if (!content || isErased(company.email)) return;
    const deliveryId = stableId('delivery', event.id);
    const { name, email, language } = company;
    const request = { contractId, channel: 'mail', recipient: { name, email, language }, content } as const;
    await this.commands.execute(new RequestDelivery(deliveryId, request, context.command(deliveryId)));
  }
}

/** Undefined when there is nothing that the customer would see. */
function mailOf(event: Recorded<Change>): EnvironmentChangeMail | undefined {
  const { environmentId, url, terms } = event.data;
  switch (event.type) {
    case 'environment.amended': {
      if (alike(terms, event.data.previous)) return undefined;
      const { plan, storageQuota, userLimit, region } = terms;
      return { template: 'environment_amended', environmentId, url, plan, storageQuota, userLimit, region };
    }
    case 'environment.suspended':
      return { template: 'environment_suspended', environmentId, url };
    case 'environment.restored':
      return { template: 'environment_restored', environmentId, url };
    case 'environment.retained':
      return { template: 'environment_retained', environmentId, url, deleteAt: event.data.deleteAt };
    case 'environment.deleted': {
      const { why } = event.data;
      return { template: 'environment_deleted', environmentId, url, why, deletedAt: event.metadata.occurredAt };
    }
    default:
      return unreachable(event);
  }
}

/** Another contact alone is no news for them. */
function alike(a: ContractTerms, b: ContractTerms): boolean {
  return a.plan === b.plan && a.region === b.region && a.storageQuota === b.storageQuota && a.userLimit === b.userLimit;
}
