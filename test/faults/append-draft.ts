import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { ContractEvent } from '#libs/events/src/contract.js';
import { testContext } from '#libs/testing/src/given.js';

/** Puts a new contract's draft in the log, and answers its id. Its personal values stand in the clear. */
export async function appendDraft(store: EventStore): Promise<string> {
  const contractId = freshId();
  const { type, data }: ContractEvent = {
    type: 'contract.drafted',
    data: {
      contractId,
      externalId: `CUST-${contractId}`,
      company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
      terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
      contractDate: '2025-05-29',
      origin: { channel: 'api' },
      changedAt: '2025-05-29T05:00:00.000Z',
    },
  };
  const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 1 };
  await store.append(`contract-${contractId}`, [{ id: freshId(), type, data, metadata }], -1);
  return contractId;
}
