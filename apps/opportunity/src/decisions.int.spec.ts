import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allOf } from '#libs/testing/src/crowd.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { expectGoldenShape } from '../../../test/golden/golden-events.js';
import type { ApprovalView } from './approval-list/approval-list.dto.js';
import { OpportunityModule } from './opportunity.module.js';
import { anyOf, decide, hire, type Person, request, type Result } from './spec-opportunity.js';

let app: TestApp;
let rie: Person;
let aya: Person;
let bo: Person;
let kei: Person;

beforeAll(async () => {
  app = await startTestApp({ modules: [OpportunityModule], contexts: ['opportunity'] });
  [rie, aya, bo, kei] = await Promise.all([
    hire(app, 'SALES', '鈴木りえ'),
    hire(app, 'MANAGER', '田中あや'),
    hire(app),
    hire(app, 'MANAGER', '木村けい'),
  ]);
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

describe('deciding', () => {
  it('goes from step to step, with the comments on record', async () => {
    const steps = [...anyOf([aya, bo]), { rule: 'all_of', approvers: [kei.id] }];
    const { body } = await request(app, rie, { steps, amount: 100 });
    expect(await decide(app, kei, body.id)).toMatchObject({ status: 409, body: { code: 'step_not_reached' } });
    const first = await app.request<Result>(`/api/approvals/${body.id}/approve`, { method: 'PATCH', token: bo.token });
    expect(first).toMatchObject({ status: 200, body: { id: body.id, revision: 2 } });
    expect(await decide(app, aya, body.id)).toMatchObject({
      status: 409,
      body: { code: 'step_already_decided', decision: 'approved', decidedBy: bo.id, onBehalfOf: null },
    });
    const second = await decide(app, kei, body.id, 'approve', { comment: '条件付きで承認' });
    expect(await types(body.id)).toEqual([
      'approval.requested',
      'approval.step_decided',
      'approval.step_reached',
      'approval.step_decided',
      'approval.approved',
    ]);
    for (const event of await app.events(`approval-${body.id}`)) expectGoldenShape(event);
    const position = second.body.position;
    expect(await read(`/${body.id}`, position)).toMatchObject({
      status: 'APPROVED',
      waitingFor: [],
      endedBy: kei.id,
      nextTimerAt: null,
      steps: [{ decisions: [{ decidedBy: bo.id }] }, { decisions: [{ decidedBy: kei.id }] }],
    });
    expect(await read<Page<object>>(`/${body.id}/decisions`, position)).toMatchObject({
      items: [
        { decision: 'approved', step: 0, approverId: bo.id, decidedBy: bo.id, comment: null },
        { decision: 'approved', step: 1, approverId: kei.id, decidedByName: '木村けい', comment: '条件付きで承認' },
      ],
    });
    const { items } = await read<Page<{ eventType: string }>>(`/${body.id}/history`);
    expect(items.map(({ eventType }) => eventType)).toEqual(await types(body.id));
  });

  it('is refused to the requester, to strangers, to roles without the right, and for what is not there', async () => {
    const { body } = await request(app, rie, { steps: anyOf([aya]) });
    for (const what of ['approve', 'reject'] as const) {
      expect(await decide(app, rie, body.id, what)).toMatchObject({ status: 403, body: { code: 'self_approval' } });
      expect(await decide(app, bo, body.id, what)).toMatchObject({ status: 403, body: { code: 'not_an_approver' } });
      const clerk = await app.request(`/api/approvals/${body.id}/${what}`, { method: 'PATCH', role: 'COMPLIANCE' });
      expect(clerk).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
      const nowhere = await decide(app, aya, randomUUID(), what);
      expect(nowhere).toMatchObject({ status: 404, body: { code: 'approval_not_found' } });
    }
    for (const path of ['', '/history']) {
      const unknown = await app.request(`/api/approvals/${randomUUID()}${path}`, { role: 'ADMIN' });
      expect(unknown).toMatchObject({ status: 404, body: { code: 'approval_not_found' } });
    }
    expect(await decide(app, aya, body.id, 'reject', { comment: '', onBehalfOf: 'x' })).toMatchObject({ status: 400 });
    expect(await types(body.id)).toEqual(['approval.requested']);
  });

  it('based on an old reading is refused with 412, naming who changed it', async () => {
    const { body } = await request(app, rie, { steps: [{ rule: 'all_of', approvers: [aya.id, bo.id] }] });
    await decide(app, bo, body.id, 'approve', {}, { 'if-match': '"0"' });
    expect(await decide(app, aya, body.id, 'approve', {}, { 'if-match': '"0"' })).toMatchObject({
      status: 412,
      body: { code: 'revision_mismatch', currentRevision: 1, changedBy: { actor: bo.id } },
    });
    expect(await decide(app, bo, body.id)).toMatchObject({
      status: 409,
      body: { code: 'approver_already_decided', decidedBy: bo.id },
    });
  });

  it('after a recall names who recalled it', async () => {
    const { body } = await request(app, rie, { steps: anyOf([aya]) });
    expect(await decide(app, bo, body.id, 'recall')).toMatchObject({ body: { code: 'not_the_requester' } });
    const recalled = await decide(app, rie, body.id, 'recall', { comment: '取り下げます' });
    expect(recalled).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(await decide(app, aya, body.id)).toMatchObject({
      status: 409,
      body: { code: 'approval_ended', approvalStatus: 'RECALLED', decidedBy: rie.id },
    });
    const view = await read(`/${body.id}`, recalled.body.position);
    expect(view).toMatchObject({ status: 'RECALLED', recallReason: 'requested', endedBy: rie.id });
    const decisions = await read<Page<object>>(`/${body.id}/decisions`, recalled.body.position);
    expect(decisions.items).toMatchObject([{ decision: 'recalled', comment: '取り下げます', approverId: null }]);
    const byAdministrator = await request(app, rie, { steps: anyOf([aya]) });
    expect(await decide(app, await hire(app, 'ADMIN'), byAdministrator.body.id, 'recall')).toMatchObject({
      status: 200,
    });
  });
});

describe('delegation', () => {
  const hour = 3_600_000;
  const grant = (who: Person, delegate: Person, changes: object = {}) => {
    const period = { from: new Date(Date.now() - hour), until: new Date(Date.now() + hour) };
    const body = { delegateId: delegate.id, ...period, ...changes };
    return app.request<Result>('/api/delegations', { token: who.token, body });
  };

  it('lets a delegate of a delegate decide, with both names on record', async () => {
    const [boss, deputy, clerk] = await Promise.all([
      hire(app, 'MANAGER', '社長'),
      hire(app),
      hire(app, 'SALES', '代理'),
    ]);
    const { body } = await request(app, rie, { steps: anyOf([boss], [aya]) });
    expect(await decide(app, clerk, body.id)).toMatchObject({ body: { code: 'not_an_approver' } });
    const granted = await grant(boss, deputy);
    expect(granted).toMatchObject({ status: 201 });
    expect(granted.headers.get('location')).toBe(`/api/delegations/${granted.body.id}`);
    const again = await grant(deputy, clerk);
    const waits = `/approver/${clerk.id}?status=PENDING&waiting=true`;
    expect((await read<Page>(waits, again.body.position)).items).toEqual([]);
    const standingIn = await read<Page>(`${waits}&delegated=true`, again.body.position);
    expect(standingIn.items.map(({ id }) => id)).toEqual([body.id]);
    const decided = await decide(app, clerk, body.id, 'approve', { comment: '代理で承認' });
    expect(decided).toMatchObject({ status: 200 });
    expect((await app.events(`approval-${body.id}`))[1]).toMatchObject({
      type: 'approval.step_decided',
      data: { approverId: boss.id, decidedBy: clerk.id, via: [deputy.id, clerk.id], comment: '代理で承認' },
    });
    const decisions = await read<Page<object>>(`/${body.id}/decisions`, decided.body.position);
    expect(decisions.items).toMatchObject([{ approverName: '社長', decidedByName: '代理' }]);
    expect(await decide(app, deputy, body.id)).toMatchObject({
      status: 409,
      body: { code: 'step_already_decided', decidedBy: clerk.id, onBehalfOf: boss.id },
    });
  });

  it('counts only in its time, until it is revoked, by those who may', async () => {
    const [boss, deputy] = await Promise.all([hire(app, 'MANAGER'), hire(app)]);
    const later = { from: new Date(Date.now() + 2 * hour), until: new Date(Date.now() + 3 * hour) };
    expect(await grant(boss, deputy, later)).toMatchObject({ status: 201 });
    const { body } = await request(app, rie, { steps: anyOf([boss]) });
    expect(await decide(app, deputy, body.id)).toMatchObject({ body: { code: 'not_an_approver' } });
    const now = await grant(boss, deputy);
    const path = `/api/delegations/${now.body.id}`;
    const revoke = (token: string) => app.request<Result>(path, { method: 'DELETE', token });
    expect(await revoke(deputy.token)).toMatchObject({ status: 403, body: { code: 'delegation_not_yours' } });
    const revoked = await revoke(boss.token);
    expect(revoked).toMatchObject({ status: 200, body: { id: now.body.id } });
    expect(await decide(app, deputy, body.id)).toMatchObject({ body: { code: 'not_an_approver' } });
    const headers = { 'x-await-position': revoked.body.position };
    expect(await app.request(path, { role: 'COMPLIANCE', headers })).toMatchObject({
      status: 200,
      body: { delegatorId: boss.id, delegateId: deputy.id, revoked: true, grantedBy: boss.id },
    });
    const list = await app.request<Page<object>>(`/api/delegations?delegatorId=${boss.id}&revoked=false`, {
      role: 'COMPLIANCE',
      headers,
    });
    expect(list.body.items).toMatchObject([{ delegateId: deputy.id, from: later.from.toISOString() }]);
  });

  it('goes on five times and no further, and never in a circle, however long', async () => {
    const people = await Promise.all(Array.from({ length: 7 }, () => hire(app)));
    for (const [index, delegate] of people.slice(1).entries()) {
      expect(await grant(people[index]!, delegate)).toMatchObject({ status: 201 });
    }
    expect(await grant(people[6]!, people[0]!)).toMatchObject({ status: 409, body: { code: 'delegation_cycle' } });
    const { body } = await request(app, rie, { steps: anyOf([people[0]!]) });
    expect(await decide(app, people[6]!, body.id)).toMatchObject({ status: 403, body: { code: 'not_an_approver' } });
    expect(await decide(app, people[5]!, body.id)).toMatchObject({ status: 200 });
  });

  it('is granted by administrators for people who are away, and by nobody else', async () => {
    const [boss, deputy, chief] = await Promise.all([hire(app, 'MANAGER'), hire(app), hire(app, 'ADMIN')]);
    const forBoss = { delegatorId: boss.id };
    expect(await grant(deputy, deputy, forBoss)).toMatchObject({ status: 403, body: { code: 'delegation_not_yours' } });
    expect(await grant(chief, deputy, forBoss)).toMatchObject({ status: 201 });
    expect(await grant(boss, aya)).toMatchObject({ status: 409, body: { code: 'delegation_overlaps' } });
    expect(await grant(deputy, boss)).toMatchObject({ status: 409, body: { code: 'delegation_cycle' } });
    expect(await grant(deputy, deputy)).toMatchObject({ status: 409, body: { code: 'delegation_cycle' } });
    const over = { until: new Date(Date.now() - 1) };
    expect(await grant(deputy, aya, over)).toMatchObject({ status: 422, body: { code: 'delegation_period' } });
    expect(await grant(deputy, await hire(app, 'SUPPORT'))).toMatchObject({ body: { code: 'user_unfit' } });
    expect(await grant(deputy, aya, { from: 'tomorrow' })).toMatchObject({ status: 400 });
    const nowhere = `/api/delegations/${randomUUID()}`;
    for (const method of ['GET', 'DELETE']) {
      const answer = await app.request(nowhere, { method, token: chief.token });
      expect(answer).toMatchObject({ status: 404, body: { code: 'delegation_not_found' } });
    }
  });

  it('for two approvers asks in whose place, and takes the one that is named', async () => {
    const [first, second, deputy] = await Promise.all([hire(app), hire(app), hire(app)]);
    await Promise.all([grant(first, deputy), grant(second, deputy)]);
    const steps = [{ rule: 'all_of', approvers: [first.id, second.id] }];
    const { body } = await request(app, rie, { steps });
    expect(await decide(app, deputy, body.id)).toMatchObject({
      status: 422,
      body: { code: 'delegation_ambiguous', approvers: [first.id, second.id] },
    });
    for (const { id: onBehalfOf } of [first, second]) {
      expect(await decide(app, deputy, body.id, 'approve', { onBehalfOf })).toMatchObject({ status: 200 });
    }
    expect((await types(body.id)).at(-1)).toBe('approval.approved');
  });
});

describe('a thousand decisions at once', () => {
  it('lose nothing and decide nothing twice; losers are told who won', async () => {
    const judges = await Promise.all(Array.from({ length: 10 }, () => hire(app)));
    const anyOne = await Promise.all(Array.from({ length: 10 }, () => request(app, rie, { steps: anyOf(judges) })));
    const everyOne = await Promise.all(
      Array.from({ length: 10 }, () =>
        request(app, rie, { steps: [{ rule: 'all_of', approvers: judges.map(({ id }) => id) }] }),
      ),
    );
    const race = (id: string, what: 'approve' | 'reject') =>
      Array.from({ length: 5 }, () => judges.map((judge) => () => decide(app, judge, id, what))).flat();
    const races = [
      ...anyOne.map(({ body }, index) => race(body.id, index % 2 === 0 ? 'approve' : 'reject')),
      ...everyOne.map(({ body }) => race(body.id, 'approve')),
    ];
    const answers = Map.groupBy(await allOf(races.flat()), (_answer, index) => Math.floor(index / 50));
    expect([...answers.values()].flat()).toHaveLength(1000);

    for (const [index, { body }] of anyOne.entries()) {
      const won = answers.get(index)!.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      const ending = index % 2 === 0 ? 'approval.approved' : 'approval.rejected';
      expect(await types(body.id)).toEqual(['approval.requested', 'approval.step_decided', ending]);
      const decidedBy = (await app.events(`approval-${body.id}`))[2]!.metadata.actor.id;
      for (const lost of answers.get(index)!.filter(({ status }) => status !== 200)) {
        expect(lost).toMatchObject({ status: 409, body: { code: 'approval_ended', decidedBy } });
      }
    }
    for (const [index, { body }] of everyOne.entries()) {
      const all = answers.get(anyOne.length + index)!;
      expect(all.filter(({ status }) => status === 200)).toHaveLength(judges.length);
      const decisions = (await app.events(`approval-${body.id}`)).filter(
        ({ type }) => type === 'approval.step_decided',
      );
      expect(new Set(decisions.map(({ metadata }) => metadata.actor.id)).size).toBe(judges.length);
      expect(await types(body.id)).toHaveLength(judges.length + 2);
      for (const { body: lost, status } of all.filter((answer) => answer.status !== 200)) {
        expect(status).toBe(409);
        expect(['approver_already_decided', 'approval_ended']).toContain(lost['code']);
        expect(judges.map(({ id }) => id)).toContain(lost['decidedBy']);
      }
    }
  }, 60_000);

  it('based on one reading let one through, and the others are told who changed it', async () => {
    const judges = await Promise.all(Array.from({ length: 10 }, () => hire(app)));
    const steps = [{ rule: 'all_of', approvers: judges.map(({ id }) => id) }];
    const { body } = await request(app, rie, { steps });
    const answers = await Promise.all(
      judges.map((judge) => decide(app, judge, body.id, 'approve', {}, { 'if-match': '"0"' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const actor = (await app.events(`approval-${body.id}`))[1]!.metadata.actor.id;
    for (const lost of answers.filter(({ status }) => status !== 200)) {
      expect(lost).toMatchObject({ status: 412, body: { code: 'revision_mismatch', changedBy: { actor } } });
    }
  });
});
