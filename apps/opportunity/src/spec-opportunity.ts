/** People whom specs of this context know, as their own contexts tell of them. */
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { CustomerEvent } from '#libs/events/src/customer.js';
import type { Role, UserEvent } from '#libs/events/src/identity.js';
import { testContext } from '#libs/testing/src/given.js';
import type { TestApp, TestResponse } from '#libs/testing/src/test-app.js';

export interface Result {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
}

export interface Person {
  readonly id: string;
  readonly token: string;
}

/** Appends what another context says. */
export async function tell(
  app: TestApp,
  stream: string,
  event: UserEvent | CustomerEvent,
  expectedRevision: number,
): Promise<bigint> {
  const metadata = { ...testContext({ commandId: freshId(), occurredAt: new Date().toISOString() }), schemaVersion: 1 };
  const schemaVersion = event.type === 'user.deleted' ? 2 : 1;
  const stored = { id: freshId(), ...event, metadata: { ...metadata, schemaVersion } };
  const { position } = await app.store.append(stream, [stored], expectedRevision);
  return position;
}

export async function hire(app: TestApp, role: Role = 'SALES', name = `A ${role} user`): Promise<Person> {
  const id = freshId();
  const credential = { id: freshId(), version: 1 };
  const data = { userId: id, email: `${id}@example.com`, name, role, credential };
  await tell(app, `user-${id}`, { type: 'user.created', data }, -1);
  return { id, token: app.token({ roles: [role], sub: id }) };
}

export async function dismiss(app: TestApp, { id }: Person, reassignTo?: Person): Promise<bigint> {
  const data = { userId: id, ...(reassignTo && { reassignTo: reassignTo.id }) };
  return tell(app, `user-${id}`, { type: 'user.deleted', data }, 0);
}

export class SpecCustomer {
  readonly id = freshId();
  private revision = -1;

  private constructor(private readonly app: TestApp) {}

  static async of(app: TestApp, name = '佐藤花子'): Promise<SpecCustomer> {
    const customer = new SpecCustomer(app);
    const nothing = { nameKana: null, email: null, phone: null, postalCode: null, address: null, birthDate: null };
    const unknown = { note: null, investmentProfile: null, riskTolerance: null, assignedSalesId: null };
    const data = { customerId: customer.id, name, ...nothing, ...unknown };
    await customer.tell({ type: 'customer.created', data });
    return customer;
  }

  delete(): Promise<bigint> {
    return this.tell({ type: 'customer.deleted', data: { customerId: this.id, reason: 'requested' } });
  }

  restore(): Promise<bigint> {
    return this.tell({ type: 'customer.restored', data: { customerId: this.id } });
  }

  mergeInto({ id: intoCustomerId }: SpecCustomer): Promise<bigint> {
    return this.tell({ type: 'customer.merged', data: { customerId: this.id, intoCustomerId } });
  }

  private tell(event: CustomerEvent): Promise<bigint> {
    return tell(this.app, `customer-${this.id}`, event, this.revision++);
  }
}

/** One step for each list of approvers. */
export function anyOf(...steps: readonly (readonly Person[])[]) {
  return steps.map((approvers) => ({ rule: 'any_of', approvers: approvers.map(({ id }) => id) }));
}

export function request(
  app: TestApp,
  { token }: Person,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestResponse<Result>> {
  const usual = { subjectType: 'deal', title: '特別値引き 15%' };
  return app.request<Result>('/api/approvals', { token, headers, body: { ...usual, ...body } });
}

export function decide(
  app: TestApp,
  { token }: Person,
  id: string,
  what: 'approve' | 'reject' | 'recall' = 'approve',
  body: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<TestResponse<Result & Record<string, unknown>>> {
  return app.request(`/api/approvals/${id}/${what}`, { method: 'PATCH', token, body, headers });
}

export function openDeal(app: TestApp, { token }: Person, body: object = {}): Promise<TestResponse<Result>> {
  const usual = { title: '年間契約の更新', amount: 1_000, expectedCloseDate: '2026-03-31' };
  return app.request<Result>('/api/deals', { token, body: { ...usual, ...body } });
}
