import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Policy, type PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import { isErased } from '#libs/events/src/erased.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { RequestDelivery } from '../domain/delivery.commands.js';

const templates = {
  'environment.delayed': 'environment_delayed',
  'environment.failed': 'environment_failed',
} as const;

type Trouble = {
  [Type in keyof typeof templates]: { readonly type: Type; readonly data: EnvironmentEvents[Type] };
}[keyof typeof templates];

/** A customer whose environment is late or fails gets one mail for each event. Provisioning tells each cause once. */
@Controller()
export class AnnounceTroublePolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('notification/announce-trouble', {
    on: ['environment.delayed', 'environment.failed'],
    key: streamOf,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: RecordedEvent<Trouble>, @Ctx() context: PolicyContext): Promise<void> {
    const { environmentId, contractId, company, url, cause } = event.data;
    // Whoever was erased is told nothing more.
    if (isErased(company.email)) return;
    const deliveryId = stableId('delivery', event.id);
    const request = {
      contractId,
      channel: 'mail',
      recipient: { name: company.name, email: company.email, language: company.language },
      content: { template: templates[event.type], environmentId, url, cause },
    } as const;
    await this.commands.execute(new RequestDelivery(deliveryId, request, context.command(deliveryId)));
  }
}
