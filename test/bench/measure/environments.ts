/** From a signed contract to the environment's objects standing in the (simulated) cluster, by the log's own clock. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type Bench, registerWebhookSource } from '../bench.js';
import { signedWebhook } from '../load/payloads.js';
import { type Concurrency, concurrencies } from '../settings.js';
import { percentile } from '../statistics.js';

export interface EnvironmentFigures {
  readonly signedToAppliedMsP50: number;
  readonly signedToAppliedMsP95: number;
}

/** Customers of the webhook measurement have the numbers below. */
const firstCustomer = 1_000;

export async function measureEnvironments(bench: Bench): Promise<ReadonlyMap<Concurrency, EnvironmentFigures>> {
  const { url, secret } = await registerWebhookSource(bench);
  const watch = await followEnvironments(bench);
  let customer = firstCustomer;
  const sign = async (): Promise<number> => {
    const number = customer++;
    const applied = watch.applied(`CUST-BENCH-${number}`);
    const response = await fetch(url, { method: 'POST', ...signedWebhook(secret, randomUUID(), number) });
    if (response.status !== 202) throw new Error(`A webhook was answered ${response.status}: ${await response.text()}`);
    return applied;
  };

  await sign();
  const byConcurrency = new Map<Concurrency, EnvironmentFigures>();
  for (const concurrency of concurrencies) {
    let left = bench.settings.environments[concurrency];
    const times: number[] = [];
    const signOneByOne = async (): Promise<void> => {
      while (left-- > 0) times.push(await sign());
    };
    await Promise.all(Array.from({ length: concurrency }, signOneByOne));
    await bench.quiet();
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
    bench.report(`signed to applied at ${concurrency}: ${times.length} environments, p50 ${p50} ms, p95 ${p95} ms`);
    byConcurrency.set(concurrency, { signedToAppliedMsP50: p50, signedToAppliedMsP95: p95 });
  }
  await watch.stop();
  return byConcurrency;
}

async function followEnvironments({ log }: Bench) {
  const waiting = new Map<string, PromiseWithResolvers<number>>();
  const signed = new Map<string, { externalId: string; at: number }>();
  const contractOf = new Map<string, string>();
  const subscription = log.subscribeToAll({ fromPosition: 'end' });
  // What is signed before it stands is not seen.
  await once(subscription, 'confirmation');
  const following = (async () => {
    for await (const { event } of subscription) {
      if (!event?.isJson) continue;
      const data = event.data as Record<string, string>;
      const at = event.created.getTime();
      if (event.type === 'contract.signed') signed.set(data['contractId']!, { externalId: data['externalId']!, at });
      if (event.type === 'environment.requested') contractOf.set(data['environmentId']!, data['contractId']!);
      const contract = signed.get(contractOf.get(data['environmentId'] ?? '') ?? '');
      const waiter = waiting.get(contract?.externalId ?? '');
      if (event.type === 'environment.applied' && contract) waiter?.resolve(at - contract.at);
      if (event.type === 'environment.needs_attention') waiter?.reject(new Error(`An environment: ${data['reason']}`));
    }
  })();
  return {
    applied: (externalId: string): Promise<number> => {
      const waiter = Promise.withResolvers<number>();
      waiting.set(externalId, waiter);
      return waiter.promise;
    },
    stop: async () => {
      await subscription.unsubscribe();
      await following;
    },
  };
}
