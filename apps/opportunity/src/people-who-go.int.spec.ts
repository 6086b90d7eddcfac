import { CommandBus } from '@nestjs/cqrs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { erased } from '#libs/events/src/erased.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { RequestApproval } from './domain/approval-commands.js';
import { OpportunityModule } from './opportunity.module.js';
import { anyOf, decide, dismiss, hire, openDeal, type Person, request, SpecCustomer } from './spec-opportunity.js';

let app: TestApp;
let rie: Person;
let aya: Person;
/** The only manager: who takes over where nobody else is named. */
let chief: Person;

beforeAll(async () => {
  const env = { OPPORTUNITY_SWEEP_MS: '100' };
  app = await startTestApp({ modules: [OpportunityModule], contexts: ['opportunity'], env });
  [rie, aya, chief] = await Promise.all([hire(app), hire(app), hire(app, 'MANAGER')]);
});

afterAll(() => app.close());

const typesOf = async (stream: string) => (await app.events(stream)).map(({ type }) => type);
const last = async (stream: string) => (await app.events(stream)).at(-1);

async function asked(body: object = {}, requester = rie): Promise<string> {
  const answer = await request(app, requester, { steps: anyOf([aya]), ...body });
  expect(answer).toMatchObject({ status: 201 });
  return `approval-${answer.body.id}`;
}

async function opened(body: object = {}, owner = rie): Promise<string> {
  const answer = await openDeal(app, owner, body);
  expect(answer).toMatchObject({ status: 201 });
  return `deal-${answer.body.id}`;
}

/** A request as it is stored once everybody in it was found to be there; so many hours ago. */
async function store(changes: Partial<RequestApproval['data']> = {}, hours = 0): Promise<string> {
  const id = freshId();
  const occurredAt = new Date(Date.now() - hours * 3_600_000).toISOString();
  const content = {
    subject: { type: 'deal', id: null },
    title: 'Forgotten',
    description: null,
    amount: null,
    steps: [{ rule: 'any_of', approvers: [aya.id] }],
    remindAfterHours: 24,
    escalateAfterHours: 72,
    escalateTo: null,
    customerId: null,
    findings: { users: {} },
  } as const;
  const context = testContext({ commandId: freshId(), actor: { id: rie.id, role: 'SALES' }, occurredAt });
  await app.app.get(CommandBus).execute(new RequestApproval(id, { ...content, ...changes }, context));
  return `approval-${id}`;
}

describe('a customer who is deleted', () => {
  it('takes pending requests and deals along, once, and brings back what went with them', async () => {
    const customer = await SpecCustomer.of(app);
    const [pending, decided, deal, gone] = [
      await asked({ customerId: customer.id }),
      await asked({ customerId: customer.id }),
      await opened({ customerId: customer.id }),
      await opened({ customerId: customer.id }),
    ];
    await decide(app, aya, decided.slice('approval-'.length));
    await app.request(`/api/deals/${gone.slice('deal-'.length)}`, { method: 'DELETE', token: rie.token });
    const before = [await typesOf(decided), await typesOf(gone)];
    await customer.delete();
    await eventually(async () => expect((await last(deal))?.type).toBe('deal.deleted'));
    expect(await last(pending)).toMatchObject({
      type: 'approval.recalled',
      data: { recalledBy: { id: 'system' }, reason: 'customer_deleted', customerId: customer.id },
    });
    expect((await last(deal))?.data).toMatchObject({ reason: 'customer_deleted' });
    const restore = await app.request(`/api/deals/${deal.slice('deal-'.length)}/restore`, {
      method: 'POST',
      token: rie.token,
    });
    expect(restore).toMatchObject({ status: 409, body: { code: 'deal_customer_deleted' } });
    await customer.restore();
    await eventually(async () => expect((await last(deal))?.type).toBe('deal.restored'));
    expect(await last(pending)).toMatchObject({ type: 'approval.restored', data: { reason: 'customer_deleted' } });
    expect([await typesOf(decided), await typesOf(gone)]).toEqual(before);
    expect(await decide(app, aya, pending.slice('approval-'.length))).toMatchObject({ status: 200 });
  });

  it('and restored at once, again and again, is there in the end with everything', async () => {
    const customer = await SpecCustomer.of(app);
    const streams = [
      ...(await Promise.all(Array.from({ length: 15 }, () => asked({ customerId: customer.id })))),
      ...(await Promise.all(Array.from({ length: 15 }, () => opened({ customerId: customer.id })))),
    ];
    for (let round = 0; round < 2; round++) {
      await customer.delete();
      // These come while the others are being told, and may be refused.
      const late = [
        request(app, rie, { customerId: customer.id, steps: anyOf([aya]) }),
        openDeal(app, rie, { customerId: customer.id }),
      ];
      await customer.restore();
      for (const [index, { status, body }] of (await Promise.all(late)).entries()) {
        if (status === 201) streams.push(`${index === 0 ? 'approval' : 'deal'}-${body.id}`);
      }
    }
    await nothingFollows();
    const there = ['approval.requested', 'approval.restored', 'deal.opened', 'deal.restored'];
    for (const stream of streams) expect(there).toContain((await last(stream))?.type);
  });

  it('who becomes part of another one leaves everything to that one, ended or not', async () => {
    const [one, other] = await Promise.all([SpecCustomer.of(app), SpecCustomer.of(app)]);
    const streams = [
      await asked({ customerId: one.id }),
      await opened({ customerId: one.id }),
      await asked({ customerId: one.id }),
    ];
    await decide(app, aya, streams[2]!.slice('approval-'.length));
    await one.mergeInto(other);
    for (const stream of streams) {
      await eventually(async () =>
        expect(await last(stream)).toMatchObject({
          type: expect.stringMatching(/^(approval|deal)\.moved$/) as unknown,
          data: { customerId: other.id, previousCustomerId: one.id },
        }),
      );
    }
  });
});

/** Every policy has handled the whole log, and nothing came of it any more. */
async function nothingFollows(): Promise<void> {
  await eventually(
    async () => {
      const head = await app.store.headOfConsumers();
      const { body } = await app.request<Ready>('/ready');
      const policies = body.checks.consumers.detail.consumers.filter(({ name }) => name.startsWith('opportunity/'));
      expect(policies.length).toBeGreaterThan(4);
      expect(policies.filter(({ position }) => BigInt(position) < head)).toEqual([]);
      expect(await app.store.headOfConsumers()).toBe(head);
    },
    { timeoutMs: 20_000 },
  );
}

interface Ready {
  readonly checks: {
    readonly consumers: { readonly detail: { readonly consumers: readonly { name: string; position: string }[] } };
  };
}

describe('a user who is deleted', () => {
  it('is replaced as approver by whom they named, by their delegate, or by a manager', async () => {
    const [heir, deputy, ...leaving] = await Promise.all(Array.from({ length: 5 }, () => hire(app)));
    const [named, delegating, alone] = leaving as [Person, Person, Person];
    const requests = [
      await asked({ steps: anyOf([named]) }),
      await asked({ steps: anyOf([delegating]) }),
      await asked({ steps: anyOf([alone]) }),
    ];
    const period = { from: new Date(Date.now() - 1_000), until: new Date(Date.now() + 3_600_000) };
    const body = { delegateId: deputy!.id, ...period };
    const granted = await app.request('/api/delegations', { token: delegating.token, body });
    expect(granted).toMatchObject({ status: 201 });
    await dismiss(app, named, heir);
    await dismiss(app, delegating);
    await dismiss(app, alone);
    for (const [index, toUserId] of [heir!.id, deputy!.id, chief.id].entries()) {
      await eventually(async () =>
        expect(await last(requests[index]!)).toMatchObject({
          type: 'approval.reassigned',
          data: { fromUserId: leaving[index]!.id, toUserId, cause: 'user_deleted' },
        }),
      );
    }
    await eventually(async () =>
      expect(await typesOf(`delegation-${delegating.id}`)).toEqual(['delegation.granted', 'delegation.revoked']),
    );
    const delegationTo = await app.request('/api/delegations', { token: aya.token, body });
    expect(delegationTo).toMatchObject({ status: 201 });
    await dismiss(app, deputy!);
    await eventually(async () =>
      expect(await last(`delegation-${aya.id}`)).toMatchObject({
        type: 'delegation.revoked',
        data: { delegateId: deputy!.id, reason: 'user_deleted' },
      }),
    );
  });

  it('ends a request that nobody else can decide, and those that they made', async () => {
    const [leaving, asker] = await Promise.all([hire(app), hire(app)]);
    const steps = [{ rule: 'all_of', approvers: [leaving.id, chief.id] }];
    const [stuck, own] = [await asked({ steps }), await asked({}, asker)];
    await Promise.all([dismiss(app, leaving), dismiss(app, asker)]);
    for (const [stream, reason] of [
      [stuck, 'approver_deleted'],
      [own, 'requester_deleted'],
    ] as const) {
      await eventually(async () =>
        expect(await last(stream)).toMatchObject({
          type: 'approval.recalled',
          data: { recalledBy: { id: 'system' }, reason },
        }),
      );
    }
  });

  it('leaves their deals to whom they named, else to whoever has the fewest', async () => {
    const [leaving, heir] = await Promise.all([hire(app), hire(app)]);
    const deals = [await opened({}, leaving), await opened({}, leaving)];
    await dismiss(app, leaving, heir);
    for (const stream of deals) {
      await eventually(async () =>
        expect(await last(stream)).toMatchObject({
          type: 'deal.reassigned',
          data: { ownerId: heir.id, previousOwnerId: leaving.id },
        }),
      );
    }
    await dismiss(app, heir);
    for (const stream of deals) {
      await eventually(async () =>
        expect(await last(stream)).toMatchObject({ data: { previousOwnerId: heir.id, cause: 'user_deleted' } }),
      );
      expect((await last(stream))?.data).not.toMatchObject({ ownerId: heir.id });
    }
  });

  it('is replaced too where they were found to be there and were deleted before the request was stored', async () => {
    const [leaving, heir, customer] = await Promise.all([hire(app), hire(app), SpecCustomer.of(app)]);
    await dismiss(app, leaving, heir);
    const stream = await store({ steps: [{ rule: 'any_of', approvers: [leaving.id] }] });
    await eventually(async () =>
      expect(await last(stream)).toMatchObject({
        type: 'approval.reassigned',
        data: { fromUserId: leaving.id, toUserId: heir.id },
      }),
    );
    await customer.delete();
    const ofCustomer = await store({ customerId: customer.id });
    await eventually(async () =>
      expect(await last(ofCustomer)).toMatchObject({ type: 'approval.recalled', data: { reason: 'customer_deleted' } }),
    );
  });
});

describe('a step that waits too long', () => {
  const askedHoursAgo = (hours: number, escalateTo: string | null = null) => store({ escalateTo }, hours);

  it('is reminded of, once for each time', async () => {
    const stream = await askedHoursAgo(25);
    await eventually(async () =>
      expect((await app.events(stream))[1]).toMatchObject({
        type: 'approval.reminded',
        data: { waitingFor: [aya.id], number: 1 },
        metadata: { actor: { id: 'process:opportunity' } },
      }),
    );
    // Another one that was due later has been seen to since, so the sweep has been there again.
    const other = await askedHoursAgo(24.5);
    await eventually(async () => expect(await typesOf(other)).toHaveLength(2));
    expect(await typesOf(stream)).toHaveLength(2);
  });

  it.each([['a manager'], ['whom the request names']])('is escalated to %s, who settles it alone', async (to) => {
    const user = to === 'a manager' ? chief : await hire(app);
    const stream = await askedHoursAgo(73, to === 'a manager' ? null : user.id);
    await eventually(async () =>
      expect((await app.events(stream))[1]).toMatchObject({
        type: 'approval.escalated',
        data: { escalatedTo: user.id, waitingFor: [aya.id] },
      }),
    );
    const id = stream.slice('approval-'.length);
    await eventually(async () => {
      const { body } = await app.request<{ items: { id: string }[] }>(
        `/api/approvals/approver/${user.id}?status=PENDING&waiting=true`,
        { role: 'MANAGER' },
      );
      expect(body.items.map((item) => item.id)).toContain(id);
    });
    expect(await decide(app, user, id)).toMatchObject({ status: 200 });
    expect((await last(stream))?.type).toBe('approval.approved');
  });
});

describe('what people wrote', () => {
  async function erase(subject: string): Promise<void> {
    await app.app.get(SubjectKeys, { strict: false }).destroy(subject);
    const erasureId = freshId();
    const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 1 };
    const events = ['erasure.key_destroyed', 'erasure.key_forgotten'].map((type) => ({
      id: freshId(),
      type,
      data: { erasureId, subject, destroyedAt: new Date().toISOString() },
      metadata: { ...metadata, commandId: freshId() },
    }));
    await app.store.append(`erasure-${erasureId}`, events, -1);
    await eventually(async () =>
      expect(await typesOf(`clearance-opportunity-${erasureId}`)).toEqual(['erasure.copies_cleared']),
    );
  }

  const secret = '極秘の佐藤様';
  const readAll = async (approvalId: string, dealId: string) =>
    Promise.all(
      [
        `/api/approvals/${approvalId}`,
        `/api/approvals/${approvalId}/decisions`,
        `/api/approvals/${approvalId}/history`,
        `/api/deals/${dealId}`,
        `/api/deals/${dealId}/history`,
      ].map(async (path) => JSON.stringify((await app.request(path, { role: 'COMPLIANCE' })).body)),
    );

  it.each(['customer', 'user'] as const)('is gone everywhere with the %s of whom it tells', async (kind) => {
    const [customer, writer, closer] = await Promise.all([
      SpecCustomer.of(app, secret),
      hire(app, 'SALES', secret),
      hire(app, 'SALES', secret),
    ]);
    const customerId = kind === 'customer' ? customer.id : null;
    const texts = { title: secret, description: secret, customerId };
    const approvalId = (await asked(texts, writer)).slice('approval-'.length);
    const dealId = (await opened(texts, writer)).slice('deal-'.length);
    await app.request(`/api/deals/${dealId}/stage`, {
      method: 'PATCH',
      token: closer.token,
      body: { stage: 'LOST', comment: secret },
    });
    await decide(app, writer, approvalId, 'recall', { comment: secret });
    await eventually(async () => {
      for (const text of await readAll(approvalId, dealId)) expect(text).toContain(secret);
    });
    const log = await app.store.readLog(undefined, 10_000);
    const written = log.flatMap(({ event }) => (/^(approval|deal)-/.test(event?.stream ?? '') ? [event] : []));
    const stored = JSON.stringify(written.map((event) => ({ ...event, position: undefined })));
    expect([stored.includes(approvalId), stored.includes(secret)]).toEqual([true, false]);

    await erase(kind === 'customer' ? `customer:${customer.id}` : `user:${writer.id}`);
    // The name of whoever was not erased is still shown.
    if (kind === 'customer') await erase(`user:${writer.id}`);
    await erase(`user:${closer.id}`);
    for (const text of await readAll(approvalId, dealId)) {
      expect(text).not.toContain(secret);
      expect(text).toContain(erased);
    }
    const { projections, ...dependencies } = app.app.get(ContextRuntime, { strict: false }).readModels;
    for (const projection of projections) {
      expect(await verify(projection, dependencies), projection.name).toMatchObject({ differing: 0 });
    }
  });

  it('is not taken any more about a customer who was erased', async () => {
    const customer = await SpecCustomer.of(app);
    await erase(`customer:${customer.id}`);
    const refused = await request(app, rie, { steps: anyOf([aya]), customerId: customer.id });
    expect(refused).toMatchObject({ status: 410, body: { code: 'subject_erased' } });
  });
});
