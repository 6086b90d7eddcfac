import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { ApprovalView } from './approval-list/approval-list.dto.js';
import { OpportunityModule } from './opportunity.module.js';
import { anyOf, decide, hire, type Person, request, SpecCustomer } from './spec-opportunity.js';

let app: TestApp;
let rie: Person;
let aya: Person;
let bo: Person;
let customer: SpecCustomer;

beforeAll(async () => {
  app = await startTestApp({ modules: [OpportunityModule], contexts: ['opportunity'] });
  [rie, aya, bo] = await Promise.all([hire(app, 'SALES', '鈴木りえ'), hire(app, 'MANAGER', '田中あや'), hire(app)]);
  customer = await SpecCustomer.of(app);
});

afterAll(() => app.close());

const types = async (id: string) => (await app.events(`approval-${id}`)).map(({ type }) => type);

async function read<Body = ApprovalView>(path: string, position?: string): Promise<Body> {
  const headers = position === undefined ? {} : { 'x-await-position': position };
  const { status, body } = await app.request<Body>(`/api/approvals${path}`, { role: 'COMPLIANCE', headers });
  expect(status).toBe(200);
  return body;
}

interface Page<Item = ApprovalView> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

describe('requesting an approval', () => {
  it('is on record with who asks, and is read with the names of requester and customer', async () => {
    const steps = anyOf([aya], [bo]);
    const subject = { subjectType: 'deal', subjectId: 'D-1', amount: 1_500_000, description: '年間契約\n二年目' };
    const { status, body, headers } = await request(app, rie, { ...subject, customerId: customer.id, steps });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/approvals/${body.id}`);
    const [event, ...more] = await app.events(`approval-${body.id}`);
    expect(more).toEqual([]);
    expectGoldenShape(event!);
    expect(event).toMatchObject({
      type: 'approval.requested',
      data: { approvalId: body.id, requesterId: rie.id, customerId: customer.id, steps, remindAfterHours: 24 },
      metadata: { actor: { id: rie.id, role: 'SALES' } },
    });
    expect(await read(`/${body.id}`, body.position)).toMatchObject({
      id: body.id,
      status: 'PENDING',
      subject: { type: 'deal', id: 'D-1' },
      title: '特別値引き 15%',
      description: '年間契約\n二年目',
      amount: 1_500_000,
      requesterId: rie.id,
      requesterName: '鈴木りえ',
      customerName: '佐藤花子',
      steps: steps.map((step) => ({ ...step, decisions: [] })),
      currentStep: 0,
      waitingFor: [aya.id],
      endedAt: null,
    });
  });
});
