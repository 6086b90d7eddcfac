/** The log as it grows, kept by the contract that its events belong to, at the instants that the log gives them. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type Bench, registerWebhookSource } from '../bench.js';
import { signedWebhook } from '../load/payloads.js';

export interface LoggedEvent {
  readonly type: string;
  /** When the event store took it, in milliseconds since 1970. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EnvironmentLog {
  /** Registers a new customer; answers everything that the log says of it when it has one of these events. */
  run(...until: readonly string[]): Promise<readonly LoggedEvent[]>;
  stop(): Promise<void>;
}

interface Followed {
  readonly events: LoggedEvent[];
  readonly until: readonly string[];
  readonly ended: PromiseWithResolvers<void>;
}

export async function followEnvironments(bench: Bench): Promise<EnvironmentLog> {
  const { url, secret } = await registerWebhookSource(bench);
  const followed = new Map<string, Followed>();
  const owners = new Map<string, string>();
  let customers = 0;
  const subscription = bench.log.subscribeToAll({ fromPosition: 'end' });
  // What is signed before it stands is not seen.
  await once(subscription, 'confirmation');
  const following = (async () => {
    for await (const { event } of subscription) {
      if (!event?.isJson) continue;
      const data = event.data as Record<string, string>;
      const { externalId, contractId = '', environmentId = '' } = data;
      if (event.type === 'contract.drafted') owners.set(contractId, externalId!);
      if (event.type === 'environment.requested') owners.set(environmentId, externalId!);
      const owner = followed.get(owners.get(environmentId) ?? owners.get(contractId) ?? '');
      owner?.events.push({ type: event.type, at: event.created.getTime(), data });
      if (owner?.until.includes(event.type)) owner.ended.resolve();
    }
  })();
  return {
    async run(...until) {
      const customer = customers++;
      const own: Followed = { events: [], until, ended: Promise.withResolvers() };
      followed.set(`CUST-BENCH-${customer}`, own);
      const response = await fetch(url, { method: 'POST', ...signedWebhook(secret, randomUUID(), customer) });
      if (response.status !== 202) {
        throw new Error(`A webhook was answered ${response.status}: ${await response.text()}`);
      }
      await own.ended.promise;
      return own.events;
    },
    async stop() {
      await subscription.unsubscribe();
      await following;
    },
  };
}

/** The instant of the first event of a type. @throws Error when there is none */
export function instantOf(events: readonly LoggedEvent[], type: string): number {
  const found = events.find((event) => event.type === type);
  if (!found) throw new Error(`The log has no ${type} of an environment that came to its end.`);
  return found.at;
}

/** Runs so many at a time until all are done; answers the results. */
export async function keepInFlight<Result>(
  all: number,
  inFlight: number,
  work: () => Promise<Result>,
): Promise<Result[]> {
  let left = all;
  const results: Result[] = [];
  const oneByOne = async (): Promise<void> => {
    while (left-- > 0) results.push(await work());
  };
  await Promise.all(Array.from({ length: Math.min(all, inFlight) }, oneByOne));
  return results;
}
