import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '#libs/local-stack/src/files.js';
import type { KeiyakuApi } from './keiyaku-api.js';
import { type CrmCustomer, demoCustomer } from './customers.js';
import type { CrmReport } from './scenarios.js';

/** What the CRM remembers in the data folder (mode 600): its webhook source, and what it has sent. */
interface CrmMemory {
  readonly source: { readonly id: string; readonly secret: string };
  readonly sent: readonly { readonly webhookId: string; readonly body: string; readonly finished: boolean }[];
}

/** Plays the CRM: it signs a contract by registering a customer, and tells Keiyaku by a signed webhook. */
export class Crm {
  private readonly file: string;

  constructor(
    dataDir: string,
    private readonly api: KeiyakuApi,
  ) {
    this.file = join(dataDir, 'demo-crm.json');
  }

  /**
   * Posts the webhook of the next customer, or again that of a customer whose environment an earlier run did not
   * see through: the same webhook twice is one contract.
   */
  async signContract(): Promise<{ customer: CrmCustomer; again: boolean }> {
    const memory = this.remembered() ?? { source: await this.registerSource(), sent: [] };
    const last = memory.sent.at(-1);
    const again = last !== undefined && !last.finished;
    const webhook = again ? last : newWebhook(memory.sent.length + 1);
    // Written down first: a CRM that dies after posting must know what it has posted.
    if (!again) this.remember({ ...memory, sent: [...memory.sent, webhook] });
    await this.post(memory.source, webhook);
    const { data } = JSON.parse(webhook.body) as { data: { customer: CrmCustomer } };
    return { customer: data.customer, again };
  }

  /** Tells what has become of a customer. A report that is repeated is another webhook of the same content. */
  async report(customer: CrmCustomer, { type, changes, reason }: CrmReport): Promise<void> {
    const memory = this.remembered();
    if (!memory) throw new Error('The CRM has signed no contract yet.');
    const whole = { ...customer, ...changes };
    const data = changes ? { customer: whole } : { customer: { id: customer.id }, ...(reason && { reason }) };
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    await this.post(memory.source, { webhookId: webhookIdOf(customer), body });
  }

  /** The customer's environment has reached its end, good or bad; the next run takes the next customer. */
  finished(): void {
    const memory = this.remembered();
    if (memory) this.remember({ ...memory, sent: memory.sent.map((webhook) => ({ ...webhook, finished: true })) });
  }

  private async registerSource(): Promise<CrmMemory['source']> {
    const source = await this.api.post<{ id: string; secret: string }>('/api/webhook-sources', { name: 'Demo CRM' });
    const kept = { id: source.id, secret: source.secret };
    this.remember({ source: kept, sent: [] });
    return kept;
  }

  /** Signs by Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. */
  private async post(
    source: CrmMemory['source'],
    { webhookId, body }: Pick<CrmMemory['sent'][number], 'webhookId' | 'body'>,
  ): Promise<void> {
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const key = Buffer.from(source.secret.replace(/^whsec_/, ''), 'base64');
    const signature = createHmac('sha256', key).update(`${webhookId}.${timestamp}.${body}`).digest('base64');
    await this.api.postRaw(`/api/webhooks/crm/${source.id}`, body, {
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    });
  }

  private remembered(): CrmMemory | undefined {
    return existsSync(this.file) ? (JSON.parse(readFileSync(this.file, 'utf8')) as CrmMemory) : undefined;
  }

  private remember(memory: CrmMemory): void {
    writeJson(this.file, memory);
  }
}

function newWebhook(number: number): CrmMemory['sent'][number] {
  const customer = demoCustomer(number);
  const body = JSON.stringify({
    type: 'customer.registered',
    timestamp: new Date().toISOString(),
    data: { customer },
  });
  return { webhookId: webhookIdOf(customer), body, finished: false };
}

function webhookIdOf({ id }: CrmCustomer): string {
  return `demo_${id}_${Date.now().toString(36)}`;
}
