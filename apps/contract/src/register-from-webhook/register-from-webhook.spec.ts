import { it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { whenPolicy } from '#libs/testing/src/given-policy.js';
import { RegisterFromWebhookPolicy } from './register-from-webhook.policy.js';

const customer = {
  externalId: 'CUST-2025-001',
  company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
  terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
  contractDate: '2025-05-29',
} as const;
const received = { sourceId: 'source', webhookId: 'msg_1', changedAt: '2026-01-05T08:59:00.000Z', customer } as const;

it('registers the contract of the customer: the same customer of the same source is the same contract', () => {
  const contractId = stableId('contract', 'source', 'CUST-2025-001');
  const { sourceId, webhookId, changedAt } = received;
  return whenPolicy(
    'contract/register-from-webhook',
    (commands) => (event, context) => new RegisterFromWebhookPolicy(commands).handle(event, context),
    { type: 'webhook.received', data: { ...received, webhookType: 'customer.registered' } },
  ).thenCommands({
    type: 'register_contract',
    target: contractId,
    data: { ...customer, origin: { channel: 'webhook', sourceId, webhookId }, changedAt },
  });
});
