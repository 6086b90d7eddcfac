import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext, streamOf } from '#libs/event-sourcing/src/policy.js';
import type { WebhookEvent } from '#libs/events/src/contract.js';
import { RegisterContract } from '../domain/contract.decider.js';

/** A received webhook becomes a signed contract, or a change of the one that its customer has. */
@Controller()
export class RegisterFromWebhookPolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('contract/register-from-webhook', { on: ['webhook.received'], key: streamOf, startFrom: 'beginning' })
  async handle(@Payload() event: RecordedEvent<WebhookEvent>, @Ctx() context: PolicyContext): Promise<void> {
    const { sourceId, webhookId, contractId, changedAt, customer } = event.data;
    const origin = { channel: 'webhook', sourceId, webhookId } as const;
    const change = { ...customer, origin, changedAt };
    await this.commands.execute(new RegisterContract(contractId, change, context.command(contractId)));
  }
}
