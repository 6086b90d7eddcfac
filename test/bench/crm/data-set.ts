import { randomBytes } from 'node:crypto';
import { customerDecider } from '#apps/customer/src/domain/customer.decider.js';
import { streamName } from '#libs/event-sourcing/src/decider.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { SeedOptions } from '../../../scripts/seed/context.js';
import { seedLog } from '../../../scripts/seed/seed-log.js';
import { SignIns } from '../../../scripts/seed/sign-ins.js';
import { customerIdOf } from '../../../scripts/seed/story.js';
import type { Bench } from '../bench.js';

/** Days of another year would do as well; these are the same in every run. */
export function dataSetOf(customers: number): SeedOptions {
  return { seed: 1, until: '2026-11-22', customersOnly: true, customers };
}

/** Writes the data set unless it is there; answers how many events that were in a second, if any. */
export async function writeDataSet(
  bench: Bench,
  store: EventStore,
  options: SeedOptions,
): Promise<{ readonly seededEventsPerSecond?: number }> {
  // Customers are written in their order, so the last of them says that all are there.
  if (await isWritten(store, customerIdOf(options.seed, options.customers - 1))) {
    bench.report(`${options.customers} customers are there already`);
    return {};
  }
  const { IDENTITY_DATABASE_URL: url, ENCRYPTION_KEY: key } = bench.stack.env;
  const password = randomBytes(32).toString('base64');
  const signIns = await SignIns.connect(url!, Buffer.from(key!, 'base64'), store, password);
  const started = performance.now();
  const { added } = await seedLog(store, options, signIns, bench.report);
  const seededEventsPerSecond = (added * 1000) / (performance.now() - started);
  await signIns.close();
  bench.report(`${added} events of ${options.customers} customers are written`);
  return { seededEventsPerSecond };
}

async function isWritten(store: EventStore, customerId: string): Promise<boolean> {
  for await (const _event of store.readStream(streamName(customerDecider, customerId), 0)) return true;
  return false;
}
