import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, type PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import { isErased } from '#libs/events/src/erased.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { RequestDelivery } from '../domain/delivery.commands.js';

type EnvironmentReady = { readonly type: 'environment.ready'; readonly data: EnvironmentEvents['environment.ready'] };

/** When an environment is ready, its customer gets the completion mail: one for each environment. */
@Controller()
export class AnnounceEnvironmentPolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('notification/announce-environment', { on: ['environment.ready'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: RecordedEvent<EnvironmentReady>, @Ctx() context: PolicyContext): Promise<void> {
    const { environmentId, contractId, company, terms, url, administrator } = event.data;
    // Whoever was erased is told nothing more.
    if (isErased(company.email)) return;
    const deliveryId = stableId('delivery', environmentId, 'environment_ready');
    const request = new RequestDelivery(
      deliveryId,
      {
        contractId,
        channel: 'mail',
        recipient: { name: company.name, email: company.email, language: company.language },
        content: {
          template: 'environment_ready',
          environmentId,
          url,
          administrator,
          storageQuota: terms.storageQuota,
          userLimit: terms.userLimit,
          region: terms.region,
        },
      },
      context.command(deliveryId),
    );
    await this.commands.execute(request);
  }
}
