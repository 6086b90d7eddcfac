import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { erased } from '#libs/events/src/erased.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { setReachable } from '#libs/testing/src/database.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from './contract.module.js';
import { SpecCrm, registration } from './crm-webhook/spec-crm.js';
import { draft, sign } from './spec-contract.js';

let app: TestApp;
let crm: SpecCrm;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  crm = await SpecCrm.register(app);
});

afterAll(() => app.close());

const company = { name: '佐藤商店 Sato Shoten', email: 'hanako@sato-shoten.example', language: 'ja' };
const personal = /佐藤|Sato|hanako|sato-shoten|127\.0\.0\.1/;

async function rawLog(): Promise<string> {
  const entries = await app.store.readLog(undefined, 10_000);
  return JSON.stringify(entries.map(({ event }) => ({ ...event, position: undefined })));
}

/** What identity does once somebody was erased. */
async function erase(subject: string): Promise<void> {
  await app.app.get(SubjectKeys, { strict: false }).destroy(subject);
  const erasureId = freshId();
  const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 1 };
  const destroyed = { id: freshId(), type: 'erasure.key_destroyed', data: { erasureId, subject }, metadata };
  await app.store.append(`erasure-${erasureId}`, [destroyed], -1);
}

interface History {
  readonly items: readonly { readonly data: { readonly company: object }; readonly metadata: { actor: object } }[];
}

async function history(id: string): Promise<History['items']> {
  const { status, body } = await app.request<History>(`/api/contracts/${id}/history`, { role: 'COMPLIANCE' });
  expect(status).toBe(200);
  return body.items;
}

describe('the contact of a contract', () => {
  it('stands nowhere in the log in the clear, whichever way it came in', async () => {
    const { body: drafted } = await draft(app, { externalId: 'CUST-2025-101', company });
    expect((await sign(app, drafted.id)).status).toBe(200);
    const customer = { id: 'CUST-2025-102', name: company.name, email: company.email };
    expect((await crm.send({ body: registration(customer) })).status).toBe(202);
    const contractId = stableId('contract', crm.source.id, customer.id);
    await eventually(async () => expect(await app.events(`contract-${contractId}`)).toHaveLength(2));

    expect(await rawLog()).not.toMatch(personal);
    expect(await history(drafted.id)).toMatchObject([
      { data: { company }, metadata: { actor: { ip: '127.0.0.1' } } },
      { data: { company }, metadata: { actor: { ip: '127.0.0.1' } } },
    ]);
    expect((await history(contractId))[1]).toMatchObject({ data: { company } });
    await eventually(async () => {
      const { body } = await app.request(`/api/contracts/${contractId}`, { role: 'SALES' });
      expect(body).toMatchObject({ company });
    });
  });

  it('stands in read models as it does in fresh ones', async () => {
    await draft(app, { externalId: 'CUST-2025-106', company });
    const { projections, ...dependencies } = app.app.get(ContextRuntime, { strict: false }).readModels;
    expect(projections.length).toBeGreaterThan(0);
    for (const projection of projections) {
      expect(await verify(projection, dependencies)).toMatchObject({ differing: 0, differences: [] });
    }
  });

  it('is the marker in every event after the erasure, also in those to come', async () => {
    const { body: drafted } = await draft(app, { externalId: 'CUST-2025-103', company });
    await erase(`contract:${drafted.id}`);
    const marked = { company: { name: erased, email: erased, language: 'ja' } };
    await eventually(async () => expect(await history(drafted.id)).toMatchObject([{ data: marked }]));
    expect((await sign(app, drafted.id)).status).toBe(200);
    expect(await history(drafted.id)).toMatchObject([{ data: marked }, { data: marked }]);
  });

  it('is not taken again from a CRM that still has it', async () => {
    const id = 'CUST-2025-104';
    const contractId = stableId('contract', crm.source.id, id);
    const first = { id: randomUUID(), body: registration({ id, name: company.name }) };
    const { body: accepted } = await crm.send(first);
    await eventually(async () => expect(await app.events(`contract-${contractId}`)).toHaveLength(2));
    await erase(`contract:${contractId}`);
    await eventually(async () =>
      expect(await history(contractId)).toMatchObject([{ data: { company: { name: erased } } }, {}]),
    );

    const later = registration({ id, name: company.name }, '2025-05-30T09:00:00Z');
    const refused = await crm.send({ body: later });
    expect(refused).toMatchObject({ status: 409, body: { code: 'customer_erased' } });
    expect((await crm.send(first)).body).toEqual(accepted);
    expect(await app.events(`contract-${contractId}`)).toHaveLength(2);
    expect(await rawLog()).not.toMatch(personal);
  });
});

describe('while the key database is away', () => {
  it('a contract is turned down as unavailable, the process says so, and the same request succeeds later', async () => {
    const request = { headers: { 'idempotency-key': randomUUID() } };
    const changes = { externalId: 'CUST-2025-105', company };
    await setReachable(app.keysUrl, false);
    try {
      const answer = await draft(app, changes, request);
      expect(answer).toMatchObject({ status: 503, body: { code: 'personal_keys_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('2');
      const ready = await app.request<{ failing: string[] }>('/ready');
      expect(ready).toMatchObject({ status: 503, body: { failing: ['personal-data.keys'] } });
    } finally {
      await setReachable(app.keysUrl, true);
    }
    const { status, body } = await draft(app, changes, request);
    expect(status).toBe(201);
    expect(await app.events(`contract-${body.id}`)).toHaveLength(1);
    expect((await app.request('/ready')).status).toBe(200);
  });
});
