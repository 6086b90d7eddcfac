import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Stack, startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';

/** An erasure waits until no process can remember the key: here for one second instead of sixty, and ten more. */
export const keysSoonForgotten = { PERSONAL_KEYS_IN_MEMORY_SECONDS: '1' };

/** A customer as the CRM tells of them. */
export interface Customer {
  readonly externalId: string;
  readonly name: string;
  readonly email: string;
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** The suite on stores of its own, with the CRM that posts customers and the administrator who erases them. */
export class StackWithCustomers {
  private constructor(
    readonly stack: Stack,
    private readonly source: { readonly id: string; readonly secret: string },
    private readonly administrator: string,
  ) {}

  static async start(dataDir: string): Promise<StackWithCustomers> {
    const environment = { ...process.env, ...keysSoonForgotten };
    const stack = await startStack({ dataDir, suite: true, ports: { suite: 0 }, environment });
    const signIn = JSON.parse(readFileSync(join(dataDir, 'first-administrator.json'), 'utf8')) as object;
    const { body } = await send<{ accessToken: string }>(`${stack.urls.api}/auth/login`, JSON.stringify(signIn), {});
    const name = JSON.stringify({ name: 'CRM' });
    const headers = { authorization: `Bearer ${body.accessToken}` };
    const source = await send<{ id: string; secret: string }>(`${stack.urls.api}/webhook-sources`, name, headers);
    return new StackWithCustomers(stack, source.body, body.accessToken);
  }

  get<Body>(path: string): Promise<Answer<Body>> {
    return send(`${this.stack.urls.api}${path}`, undefined, { authorization: `Bearer ${this.administrator}` });
  }

  post<Body>(path: string, body: object): Promise<Answer<Body>> {
    const headers = { authorization: `Bearer ${this.administrator}` };
    return send(`${this.stack.urls.api}${path}`, JSON.stringify(body), headers);
  }

  /** Posts a webhook of its own about the customer. */
  webhook(customer: Customer): Promise<Answer<{ code?: string; detail?: string }>> {
    const { externalId, name, email } = customer;
    const terms = { plan: 'starter', region: 'ap-northeast-1', storage_quota: '50GB', user_limit: 10 };
    const registered = { id: externalId, name, email, language: 'ja', contract_date: '2026-01-05', ...terms };
    const timestamp = new Date().toISOString();
    const body = JSON.stringify({ type: 'customer.registered', timestamp, data: { customer: registered } });
    const id = randomUUID();
    const seconds = Math.floor(Date.now() / 1000).toString();
    const key = Buffer.from(this.source.secret.replace(/^whsec_/, ''), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
    return send(`${this.stack.urls.api}/webhooks/crm/${this.source.id}`, body, {
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1,${signature}`,
    });
  }

  /** Waits until the customer's environment is ready and the mail is sent; answers the contract's id. */
  async served({ externalId }: Customer, timeoutMs: number): Promise<string> {
    interface Page {
      readonly items: readonly { readonly id: string; readonly environmentId: string; readonly status: string }[];
    }
    return eventually(
      async () => {
        const contractId = (await this.get<Page>(`/contracts?externalId=${externalId}`)).body.items[0]?.id;
        if (contractId === undefined) throw new Error(`${externalId} has no contract yet.`);
        const environment = (await this.get<Page>(`/environments?contractId=${contractId}`)).body.items[0];
        if (environment?.status !== 'ready') throw new Error(`${externalId} is ${environment?.status}, not ready.`);
        const deliveries = await this.get<Page>(`/deliveries?environmentId=${environment.id}`);
        if (deliveries.body.items[0]?.status !== 'sent') throw new Error(`${externalId} has no mail yet.`);
        return contractId;
      },
      { timeoutMs },
    );
  }
}

async function send<Body>(
  url: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Answer<Body>> {
  const post = body !== undefined && { method: 'POST', body };
  const type = body !== undefined && { 'content-type': 'application/json' };
  const response = await fetch(url, { ...post, headers: { ...type, ...headers } });
  return { status: response.status, body: (await response.json()) as Body };
}
