import type { CommandBus } from '@nestjs/cqrs';
import { it } from 'vitest';
import type { Recorded, RecordedEvent } from '#libs/event-sourcing/src/event.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { WebhookEvent } from '#libs/events/src/contract.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { abcCustomer } from '../spec-customer.js';
import { RegisterFromWebhookPolicy } from './register-from-webhook.policy.js';

const received = {
  sourceId: 'source',
  webhookId: 'msg_1',
  contractId: 'contract-1',
  changedAt: '2026-01-05T08:59:00.000Z',
};
const { sourceId, webhookId, contractId, changedAt } = received;
const reported = { origin: { channel: 'webhook', sourceId, webhookId }, changedAt };

const name = 'contract/register-from-webhook';

function policy(commands: CommandBus) {
  const registering = new RegisterFromWebhookPolicy(commands);
  return (event: RecordedEvent<WebhookEvent>, context: PolicyContext) =>
    registering.handle(event as Recorded<WebhookEvent>, context);
}

it.each([
  ['customer.registered', 'register_contract'],
  ['customer.changed', 'report_content'],
] as const)('%s reports what the contract says', (webhookType, type) => {
  const data = { ...received, customer: abcCustomer, webhookType };
  return whenPolicy<WebhookEvent>(name, policy, { type: 'webhook.received', data }).thenCommands({
    type,
    target: contractId,
    data: { ...abcCustomer, ...reported },
  });
});

it.each([
  ['customer.suspended', 'suspended'],
  ['customer.resumed', 'resumed'],
  ['customer.terminated', 'terminated'],
  ['customer.cancelled', 'cancelled'],
] as const)('%s reports how the contract stands', (webhookType, change) => {
  const data = { ...received, webhookType, externalId: 'CUST-2025-001', reason: 'Unpaid.' };
  return whenPolicy<WebhookEvent>(name, policy, { type: 'webhook.life_cycle_received', data }).thenCommands({
    type: 'report_standing',
    target: contractId,
    data: { externalId: 'CUST-2025-001', change, reason: 'Unpaid.', ...reported },
  });
});
