import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, ask } from './answer.js';
import type { InFlight } from './in-flight.js';
import type { Random } from './random.js';

/** A contract whose webhook was answered with 202. */
export interface Acknowledged {
  readonly externalId: string;
  readonly webhookId: string;
  readonly email: string;
}

/** Whose webhooks they are: a webhook source with its signing secret. */
export interface Source {
  readonly id: string;
  readonly secret: string;
}

export interface LoadOptions {
  /** Where each instance of the suite answers. */
  readonly suiteUrls: readonly string[];
  readonly source: Source;
  readonly inFlight: InFlight;
  /** How many contracts are kept in work at once. */
  readonly atOnce: number;
  readonly random: Random;
  /** Sees every answer, and when none came. */
  readonly observe?: (answer: Answer) => void;
}

/** A share of the webhooks is sent once more after the 202, as a CRM does that lost the answer. */
const repeated = 0.1;

/** Plays the CRM: repeats every webhook until it is acknowledged, at either instance. */
export class CrmLoad {
  readonly acknowledged: Acknowledged[] = [];
  /** How often each answer came; `none` is no answer at all. */
  readonly answers = new Map<string, number>();
  private sent = 0;
  private open = 0;

  constructor(private readonly options: LoadOptions) {}

  /** Keeps contracts in work until `enough`, then waits for every acknowledgement. */
  async run(enough: () => boolean, signal: AbortSignal): Promise<void> {
    const { inFlight, atOnce } = this.options;
    const sending = new Set<Promise<void>>();
    while (!enough() && !signal.aborted) {
      if (inFlight.count.inWork + this.open < atOnce) {
        this.open += 1;
        const sent = this.signContract((this.sent += 1), signal).finally(() => (this.open -= 1));
        sending.add(sent);
        void sent.finally(() => sending.delete(sent));
      }
      await delay(10);
    }
    await Promise.all(sending);
  }

  private async signContract(number: number, signal: AbortSignal): Promise<void> {
    const externalId = `FAULT-${String(number).padStart(5, '0')}`;
    const webhookId = `msg_${externalId}`;
    const email = `it@${externalId.toLowerCase()}.example`;
    const body = JSON.stringify(registration(externalId, email));
    while (!signal.aborted && !(await this.post(webhookId, body))) await delay(100 + 400 * this.options.random());
    if (signal.aborted) return;
    this.acknowledged.push({ externalId, webhookId, email });
    this.options.inFlight.acknowledge(externalId);
    if (this.options.random() < repeated) await this.post(webhookId, body);
  }

  /** Answers whether the webhook is acknowledged. */
  private async post(webhookId: string, body: string): Promise<boolean> {
    const { suiteUrls, source, random } = this.options;
    const url = suiteUrls[Math.floor(random() * suiteUrls.length)]!;
    const answer = await sendWebhook(url, source, webhookId, body);
    this.options.observe?.(answer);
    const { status } = answer;
    const name = String(status ?? 'none');
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
    return status === 202 || status === 409;
  }
}

/** Signs the body as of now and sends it to the suite at that URL. */
export function sendWebhook(suiteUrl: string, source: Source, webhookId: string, body: string): Promise<Answer> {
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const key = Buffer.from(source.secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${webhookId}.${timestamp}.${body}`).digest('base64');
  return ask(`${suiteUrl}/api/webhooks/crm/${source.id}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
}

export function registration(externalId: string, email: string) {
  return {
    type: 'customer.registered',
    timestamp: new Date().toISOString(),
    data: {
      customer: {
        id: externalId,
        name: `Example ${externalId}`,
        plan: 'starter',
        region: 'ap-northeast-1',
        storage_quota: '50GB',
        user_limit: 10,
        contract_date: '2025-05-29',
        email,
        language: 'en',
      },
    },
  };
}
