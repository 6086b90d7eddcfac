import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '#libs/event-sourcing/src/event.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { CustomerRecord } from '#libs/events/src/customer.js';
import type { Role } from '#libs/events/src/identity.js';
import { testContext } from '#libs/testing/src/given.js';
import type { TestApp, TestRequest, TestResponse } from '#libs/testing/src/test-app.js';

export interface Result {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
}

export const sato: CustomerRecord = {
  name: '佐藤 花子',
  nameKana: null,
  email: null,
  phone: null,
  postalCode: null,
  address: null,
  birthDate: null,
  note: null,
  investmentProfile: null,
  riskTolerance: null,
};

/** What other contexts tell, as it stands in the log. */
export class OtherContexts {
  private readonly revisions = new Map<string, number>();

  constructor(private readonly app: TestApp) {}

  async customer(changes: Partial<CustomerRecord> = {}): Promise<string> {
    const customerId = randomUUID();
    const data = { customerId, ...sato, ...changes, assignedSalesId: null };
    await this.tell(`customer-${customerId}`, { type: 'customer.created', data });
    return customerId;
  }

  async user(name = '山田 太郎', role: Role = 'SALES', userId: string = randomUUID()): Promise<string> {
    const credential = { id: randomUUID(), version: 1 };
    const data = { userId, email: `${userId}@example.com`, name, role, credential };
    await this.tell(`user-${userId}`, { type: 'user.created', data });
    return userId;
  }

  async tellOfCustomer(customerId: string, type: string, data: object = {}): Promise<void> {
    await this.tell(`customer-${customerId}`, { type, data: { customerId, ...data } });
  }

  async tellOfUser(userId: string, type: string, data: object = {}): Promise<void> {
    await this.tell(`user-${userId}`, { type, data: { userId, ...data } });
  }

  /** The next event of a stream, sealed as its context would. */
  async tell(stream: string, { type, data }: DomainEvent): Promise<void> {
    const revision = this.revisions.get(stream) ?? -1;
    const schemas = this.app.app.get(EventSchemas);
    const metadata = {
      ...testContext({ commandId: freshId(), occurredAt: new Date().toISOString() }),
      schemaVersion: schemas.currentVersion(type),
    };
    const unsealed = [{ type, data, metadata }];
    const [sealed] = await this.app.store.personal.seal(stream, unsealed, (each) => schemas.personalFields(each));
    await this.app.store.append(stream, [{ id: freshId(), ...sealed! }], revision);
    this.revisions.set(stream, revision + 1);
  }
}

export function createMeeting(app: TestApp, body: object, request: TestRequest = {}): Promise<TestResponse<Result>> {
  return app.request<Result>('/api/meetings', { role: 'SALES', body, ...request });
}

export function createTask(app: TestApp, body: object, request: TestRequest = {}): Promise<TestResponse<Result>> {
  return app.request<Result>('/api/tasks', { role: 'SALES', body, ...request });
}

/** Waits for what the last command caused. */
export function read<Body>(app: TestApp, path: string, position?: string, role: Role = 'SUPPORT') {
  return app.request<Body>(path, {
    role,
    ...(position !== undefined && { headers: { 'x-await-position': position } }),
  });
}

export interface Page {
  readonly items: readonly { readonly id: string; readonly title?: string }[];
  readonly next: string | null;
}
