/**
 * Webhooks through the signed route. The customers have their contracts and say nothing new, so each webhook is
 * stored and handled by the policy, and no thousands of environments are set up beside the measurement.
 */
import { type Bench, registerWebhookSource } from '../bench.js';
import { signedWebhook } from '../load/payloads.js';
import type { Work } from '../load/load.js';
import { type Concurrency, concurrencies } from '../settings.js';
import { median } from '../statistics.js';

export interface WebhookFigures {
  readonly webhooksPerSecond: number;
  readonly webhookMsP95: number;
}

const customers = 8;
/** What n8n publishes for one instance; it answers 95 of 100 within 100 ms then. */
const publishedRate = 220;

/** Answers the figures by concurrency, and the 95th percentile when webhooks come at the published rate. */
export async function measureWebhooks(bench: Bench): Promise<{
  readonly byConcurrency: ReadonlyMap<Concurrency, WebhookFigures>;
  readonly webhookMsP95AtPublishedRate: number;
}> {
  const { settings, generator } = bench;
  const { url, secret } = await registerWebhookSource(bench);
  for (let customer = 0; customer < customers; customer++) {
    const response = await fetch(url, { method: 'POST', ...signedWebhook(secret, `first-${customer}`, customer) });
    if (response.status !== 202) throw new Error(`A webhook was answered ${response.status}: ${await response.text()}`);
  }
  await bench.quiet();

  const run = async (concurrency: number, perSecond?: number) => {
    const work: Work = { kind: 'webhook', url, secret, customers };
    const rate = perSecond === undefined ? {} : { perSecond };
    const result = await generator.run({ work, concurrency, seconds: settings.seconds, ...rate });
    await bench.quiet();
    return result;
  };
  await run(16);
  const byConcurrency = new Map<Concurrency, WebhookFigures>();
  for (const concurrency of concurrencies) {
    const rates: number[] = [];
    const p95s: number[] = [];
    for (let round = 0; round < settings.rounds; round++) {
      const { perSecond, latencyMs } = await run(concurrency);
      rates.push(perSecond);
      p95s.push(latencyMs.p95);
    }
    bench.report(`webhooks at ${concurrency}: ${rates.join(' ')}; p95 ${p95s.map(Math.round).join(' ')} ms`);
    byConcurrency.set(concurrency, { webhooksPerSecond: median(rates), webhookMsP95: median(p95s) });
  }
  const atRate: number[] = [];
  for (let round = 0; round < settings.rounds; round++) atRate.push((await run(64, publishedRate)).latencyMs.p95);
  bench.report(`webhooks at ${publishedRate} a second: p95 ${atRate.map(Math.round).join(' ')} ms`);
  return { byConcurrency, webhookMsP95AtPublishedRate: median(atRate) };
}
