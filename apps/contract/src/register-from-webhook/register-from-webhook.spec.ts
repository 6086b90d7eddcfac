import { it } from 'vitest';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { abcCustomer } from '../spec-customer.js';
import { RegisterFromWebhookPolicy } from './register-from-webhook.policy.js';

const received = {
  sourceId: 'source',
  webhookId: 'msg_1',
  contractId: 'contract-1',
  changedAt: '2026-01-05T08:59:00.000Z',
  customer: abcCustomer,
} as const;

it('registers the contract that the webhook names', () => {
  const { sourceId, webhookId, contractId, changedAt } = received;
  return whenPolicy(
    'contract/register-from-webhook',
    (commands) => (event, context) => new RegisterFromWebhookPolicy(commands).handle(event, context),
    { type: 'webhook.received', data: { ...received, webhookType: 'customer.registered' } },
  ).thenCommands({
    type: 'register_contract',
    target: contractId,
    data: { ...abcCustomer, origin: { channel: 'webhook', sourceId, webhookId }, changedAt },
  });
});
