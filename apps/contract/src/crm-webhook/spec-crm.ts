/** A CRM for specs: registers itself as a source and signs its webhooks from outside, by its own reading of the rules. */
import { createHmac, randomUUID } from 'node:crypto';
import type { TestApp, TestResponse } from '#libs/testing/src/test-app.js';

export interface Issued {
  readonly id: string;
  readonly version: number;
  readonly secret: string;
  readonly revision: number;
  readonly position: string;
}

export interface Sent {
  /** Sent as it is when it is a text. */
  readonly body?: unknown;
  readonly id?: string;
  /** Unix seconds. */
  readonly timestamp?: number | string;
  readonly secret?: string;
  /** In place of the right one; null leaves the header out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly sourceId?: string;
}

/** The customer of seed 000, with what the webhook adds. */
export const abcCorporation = {
  id: 'CUST-2025-001',
  name: 'ABC Corporation',
  plan: 'enterprise',
  region: 'ap-northeast-1',
  storage_quota: '1TB',
  user_limit: 100,
  contract_date: '2025-05-29',
  environment_status: 'provisioning',
  email: 'it@abc-corp.example',
  language: 'ja',
};

export function registration(customer: object = {}, timestamp = '2025-05-29T09:00:00Z') {
  return { type: 'customer.registered', timestamp, data: { customer: { ...abcCorporation, ...customer } } };
}

export function change(customer: object, timestamp: string) {
  return { ...registration(customer, timestamp), type: 'customer.changed' };
}

/** A webhook that says what became of a customer: `standing('customer.suspended', 'CUST-2025-001')`. */
export function standing(type: string, id: string, timestamp = '2025-06-01T09:00:00Z', reason = 'As agreed.') {
  return { type, timestamp, data: { customer: { id }, reason } };
}

export class SpecCrm {
  private constructor(
    private readonly app: TestApp,
    readonly source: Issued,
  ) {}

  static async register(app: TestApp): Promise<SpecCrm> {
    const request = { role: 'ADMIN', body: { name: 'Sales CRM' } } as const;
    const { body } = await app.request<Issued>('/api/webhook-sources', request);
    return new SpecCrm(app, body);
  }

  async send<Body = Record<string, unknown>>(sent: Sent = {}): Promise<TestResponse<Body>> {
    const { body = registration(), id = randomUUID(), secret = this.source.secret } = sent;
    const timestamp = String(sent.timestamp ?? Math.floor(Date.now() / 1000));
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': sign(secret, id, timestamp, raw),
      ...sent.headers,
    };
    const present = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null);
    return this.app.request<Body>(`/api/webhooks/crm/${sent.sourceId ?? this.source.id}`, {
      body: raw,
      headers: Object.fromEntries(present),
    });
  }
}

export function sign(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
