import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { ApprovalView } from './approval-list/approval-list.dto.js';
import { OpportunityModule } from './opportunity.module.js';
import { anyOf, decide, dismiss, hire, type Person, request, type Result, SpecCustomer } from './spec-opportunity.js';

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

  it('repeated with its key answers as the first time, also when the customer has gone since', async () => {
    const lost = await SpecCustomer.of(app);
    const headers = { 'idempotency-key': randomUUID() };
    const asked = { customerId: lost.id, steps: anyOf([aya]) };
    const first = await request(app, rie, asked, headers);
    await lost.delete();
    for (const again of await Promise.all([request(app, rie, asked, headers), request(app, rie, asked, headers)])) {
      expect(again).toMatchObject({ status: 201, body: first.body });
    }
    const other = await request(app, rie, { ...asked, title: 'Another one' }, headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('knows customers and users at once, and says who is not known, gone or not fit', async () => {
    const [deleted, merged] = await Promise.all([SpecCustomer.of(app), SpecCustomer.of(app)]);
    await deleted.delete();
    const lastChange = await merged.mergeInto(customer);
    await read('', lastChange.toString());
    const [gone, clerk] = await Promise.all([hire(app), hire(app, 'SUPPORT')]);
    await dismiss(app, gone);
    const steps = anyOf([aya]);
    const refusals: readonly (readonly [object, number, string])[] = [
      [{ steps, customerId: randomUUID() }, 422, 'customer_unknown'],
      [{ steps, customerId: deleted.id }, 409, 'customer_is_deleted'],
      [{ steps, customerId: merged.id }, 409, 'customer_is_merged'],
      [{ steps: anyOf([{ id: randomUUID(), token: '' }]) }, 422, 'user_unknown'],
      [{ steps: anyOf([clerk]) }, 422, 'user_unfit'],
      [{ steps, escalateTo: clerk.id }, 422, 'user_unfit'],
      [{ steps: anyOf([rie]) }, 403, 'self_approval'],
      [{ steps: anyOf([aya], [aya]) }, 422, 'approver_repeated'],
    ];
    for (const [body, status, code] of refusals) {
      expect(await request(app, rie, body), code).toMatchObject({ status, body: { code } });
    }
    await eventually(async () =>
      expect(await request(app, rie, { steps: anyOf([gone]) })).toMatchObject({ body: { code: 'user_is_deleted' } }),
    );
  });

  it.each<[string, object, string]>([
    ['no title', { title: undefined }, '/title'],
    ['a subject that is no word', { subjectType: 'Deal 1' }, '/subjectType'],
    ['an amount below zero', { amount: -1 }, '/amount'],
    ['an amount that is no whole number', { amount: 0.5 }, '/amount'],
    ['no steps', { steps: [] }, '/steps'],
    ['a step without approvers', { steps: [{ rule: 'any_of', approvers: [] }] }, '/steps/0/approvers'],
    ['an unknown rule', { steps: [{ rule: 'most_of', approvers: [randomUUID()] }] }, '/steps/0/rule'],
    ['an approver that is no id', { steps: [{ rule: 'any_of', approvers: ['aya'] }] }, '/steps/0/approvers'],
    ['no time to wait', { remindAfterHours: 0 }, '/remindAfterHours'],
    ['a customer that is no id', { customerId: '7' }, '/customerId'],
    ['an unknown field', { requesterId: 'me' }, '/requesterId'],
  ])('with %s is refused', async (_name, changes, pointer) => {
    const { status, body } = await request(app, rie, { steps: anyOf([aya]), ...changes });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const { errors } = body as unknown as { errors: { pointer: string }[] };
    expect(new Set(errors.map((error) => error.pointer))).toEqual(new Set([pointer]));
  });

  it('is changed by its requester until somebody has decided', async () => {
    const { body } = await request(app, rie, { customerId: customer.id, steps: anyOf([aya]) });
    const put = (who: Person, changes: object = {}, headers = {}) =>
      app.request<Result>(`/api/approvals/${body.id}`, {
        method: 'PUT',
        token: who.token,
        headers,
        body: { title: 'Less', amount: 5, steps: anyOf([bo]), ...changes },
      });
    expect(await put(aya)).toMatchObject({ status: 403, body: { code: 'not_the_requester' } });
    expect(await put(rie, {}, { 'if-match': '"7"' })).toMatchObject({ status: 412 });
    const changed = await put(rie, {}, { 'if-match': '"0"' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 1 } });
    expectGoldenShape((await app.events(`approval-${body.id}`))[1]!);
    const view = await read(`/${body.id}`, changed.body.position);
    expect(view).toMatchObject({ title: 'Less', amount: 5, waitingFor: [bo.id], customerId: customer.id });
    expect((await read<Page>(`/approver/${aya.id}`, changed.body.position)).items.map(({ id }) => id)).not.toContain(
      body.id,
    );
    await decide(app, bo, body.id);
    expect(await put(rie)).toMatchObject({ status: 409, body: { code: 'approval_ended' } });
  });
});

describe('the lists', () => {
  it('show what is pending, by requester and by approver, page by page', async () => {
    const [asker, judge] = await Promise.all([hire(app), hire(app, 'MANAGER')]);
    const ids: string[] = [];
    for (let number = 0; number < 3; number++) {
      const { body } = await request(app, asker, { steps: anyOf([judge], [bo]), subjectId: `D-${number}` });
      ids.unshift(body.id);
    }
    const { body } = await decide(app, judge, ids[0]!);
    await decide(app, bo, ids[0]!);
    const last = await decide(app, judge, ids[1]!, 'reject');
    const position = last.body.position;
    const idsOf = async (path: string) => (await read<Page>(path, position)).items.map(({ id }) => id);
    expect(await idsOf(`/requester/${asker.id}`)).toEqual(ids);
    expect(await idsOf(`/requester/${asker.id}?status=REJECTED`)).toEqual([ids[1]]);
    expect(await idsOf(`/pending?requesterId=${asker.id}`)).toEqual([ids[2]]);
    expect(await idsOf(`?requesterId=${asker.id}&status=APPROVED`)).toEqual([ids[0]]);
    expect(await idsOf('?subjectType=deal&subjectId=D-1')).toContain(ids[1]);
    expect(await idsOf(`/approver/${judge.id}`)).toEqual(ids);
    expect(await idsOf(`/approver/${judge.id}?status=PENDING&waiting=true`)).toEqual([ids[2]]);
    expect(await idsOf(`/approver/${bo.id}?status=PENDING&waiting=true`)).not.toContain(ids[2]);
    const first = await read<Page>(`/approver/${judge.id}?limit=2`, body.position);
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(await idsOf(`/approver/${judge.id}?limit=2&cursor=${first.next}`)).toEqual(ids.slice(2));
    const outsider = await app.request('/api/approvals/pending', { role: 'OPERATOR' });
    expect(outsider).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
  });
});
