import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Ctx, Payload } from '@nestjs/microservices';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import { Policy, PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { WebhookEvent } from '#libs/events/src/contract.js';
import type { Report } from '../reports/report.js';
import { reportCommand } from '../reports/report-command.js';

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
    const { sourceId, webhookId, contractId } = event.data;
    const origin = { channel: 'webhook', sourceId, webhookId } as const;
    await this.commands.execute(reportCommand(contractId, reportOf(event), origin, context.command(contractId)));
  }
}

function reportOf(event: WebhookRecorded): Report {
  switch (event.type) {
    case 'webhook.received': {
      const { webhookType: type, changedAt, customer } = event.data;
      return { type, changedAt, customer };
    }
    case 'webhook.life_cycle_received': {
      const { webhookType: type, changedAt, externalId, reason } = event.data;
      return { type, changedAt, externalId, ...(reason !== undefined && { reason }) };
    }
    default:
      return unreachable(event);
  }
}
