import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { WebhookEvent } from '#libs/events/src/contract.js';
import { type ContractCommand, RegisterContract, ReportContent, ReportStanding } from '../domain/contract-commands.js';
import { standingChange } from '../reported-changes.js';

type WebhookRecorded = Recorded<WebhookEvent>;

/** A received webhook becomes a signed contract, or a change of the one that its customer has. */
@Controller()
export class RegisterFromWebhookPolicy {
  constructor(private readonly commands: CommandBus) {}

  @Policy('contract/register-from-webhook', {
    on: ['webhook.received', 'webhook.life_cycle_received'],
    key: ({ data }) => (data as WebhookEvent['data']).contractId,
    startFrom: 'beginning',
  })
  async handle(@Payload() event: WebhookRecorded, @Ctx() context: PolicyContext): Promise<void> {
    await this.commands.execute(commandOf(event, context));
  }
}

function commandOf(event: WebhookRecorded, policy: PolicyContext): ContractCommand {
  const { sourceId, webhookId, contractId, changedAt } = event.data;
  const reported = { origin: { channel: 'webhook', sourceId, webhookId }, changedAt } as const;
  const context = policy.command(contractId);
  switch (event.type) {
    case 'webhook.received': {
      const { customer, webhookType } = event.data;
      const Report = webhookType === 'customer.registered' ? RegisterContract : ReportContent;
      return new Report(contractId, { ...customer, ...reported }, context);
    }
    case 'webhook.life_cycle_received': {
      const { webhookType, reason } = event.data;
      const change = standingChange(webhookType);
      return new ReportStanding(contractId, { change, ...(reason !== undefined && { reason }), ...reported }, context);
    }
    default:
      return unreachable(event);
  }
}
