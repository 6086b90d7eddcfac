import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { registration, SpecCrm } from '../crm-webhook/spec-crm.js';
import { draft, sign } from '../spec-contract.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
});

afterAll(() => app.close());

describe('the history of a contract', () => {
  interface History {
    readonly items: { readonly eventType: string; readonly metadata: { readonly actor: object } }[];
    readonly next: string | null;
  }

  async function history(id: string, query = '', role: 'SALES' | 'ADMIN' | 'COMPLIANCE' = 'SALES') {
    return app.request<History>(`/api/contracts/${id}/history${query}`, { role });
  }

  it('is every event in the envelope of the documents', async () => {
    const { body: drafted } = await draft(app);
    await sign(app, drafted.id);
    const stored = await app.events(`contract-${drafted.id}`);
    const { body } = await history(drafted.id);
    expect(body).toEqual({
      items: stored.map((event) => ({
        eventId: event.id,
        eventType: event.type,
        timestamp: event.metadata.occurredAt,
        data: event.data,
        metadata: {
          revision: event.revision,
          position: event.position.toString(),
          actor: { id: 'test-sales', role: 'SALES' },
          commandId: event.metadata.commandId,
          correlationId: event.metadata.correlationId,
          schemaVersion: 1,
        },
      })),
      next: null,
    });
  });

  it('shows addresses to those who audit', async () => {
    const { body: drafted } = await draft(app);
    for (const role of ['ADMIN', 'COMPLIANCE'] as const) {
      const { body } = await history(drafted.id, '', role);
      expect(body.items[0]?.metadata.actor).toEqual({ id: 'test-sales', role: 'SALES', ip: '127.0.0.1' });
    }
  });

  it('comes in pages', async () => {
    const { body: drafted } = await draft(app);
    await sign(app, drafted.id);
    const { body: first } = await history(drafted.id, '?limit=1');
    expect(first).toMatchObject({ items: [{ eventType: 'contract.drafted' }], next: expect.any(String) as unknown });
    const { body: second } = await history(drafted.id, `?limit=1&cursor=${first.next}`);
    expect(second).toMatchObject({ items: [{ eventType: 'contract.signed' }], next: null });
    const { body: other } = await draft(app);
    for (const [id, cursor] of [
      [drafted.id, 'xyz'],
      [other.id, first.next],
    ] as const) {
      const answer = await history(id, `?cursor=${cursor}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    }
  });

  it('tells which webhook a contract came from', async () => {
    const crm = await SpecCrm.register(app);
    await crm.send({ id: 'msg_history', body: registration() });
    const contractId = stableId('contract', crm.source.id, 'CUST-2025-001');
    const [received] = await app.events(`webhook-${stableId(crm.source.id, 'msg_history')}`);
    await eventually(async () => {
      const { body } = await history(contractId);
      expect(body.items).toMatchObject([
        {
          eventType: 'contract.drafted',
          data: { origin: { channel: 'webhook', sourceId: crm.source.id, webhookId: 'msg_history' } },
          metadata: { causationId: received?.id, actor: { id: 'policy:contract/register-from-webhook' } },
        },
        { eventType: 'contract.signed' },
      ]);
    });
  });
});
