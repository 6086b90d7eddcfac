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

export async function measureWebhooks(bench: Bench): Promise<ReadonlyMap<Concurrency, WebhookFigures>> {
  const { settings, generator } = bench;
  const { url, secret } = await registerWebhookSource(bench);
  for (let customer = 0; customer < customers; customer++) {
    const response = await fetch(url, { method: 'POST', ...signedWebhook(secret, `first-${customer}`, customer) });
    if (response.status !== 202) throw new Error(`A webhook was answered ${response.status}: ${await response.text()}`);
  }
  await bench.quiet();

  const run = async (concurrency: number) => {
    const work: Work = { kind: 'webhook', url, secret, customers };
    const result = await generator.run({ work, concurrency, seconds: settings.seconds });
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
  return byConcurrency;
}
