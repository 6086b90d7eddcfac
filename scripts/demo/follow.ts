import { setTimeout as delay } from 'node:timers/promises';
import type { mailTemplates } from '#libs/events/src/notification.js';
import type { KeiyakuApi } from './keiyaku-api.js';
import type { EnvironmentNews } from './progress.js';

const lookEveryMs = 50;
const giveUpAfterMs = 60_000;

interface Found {
  readonly items: readonly { readonly id: string }[];
}

/** Waits for the contract that a webhook makes and for its environment; both appear a moment after the 202. */
export async function findEnvironment(
  api: KeiyakuApi,
  externalId: string,
  signal: AbortSignal,
): Promise<{ contractId: string; environmentId: string }> {
  const contractId = await first(api, `/api/contracts?externalId=${externalId}`, 'contract', signal);
  const environmentId = await first(api, `/api/environments?contractId=${contractId}`, 'environment', signal);
  return { contractId, environmentId };
}

/** Shows the environment's events as they come until `show` says that it was the last one. */
export async function follow(
  api: KeiyakuApi,
  environmentId: string,
  show: (news: EnvironmentNews) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/environments/${environmentId}/events`;
  for await (const event of api.events(path, signal)) {
    if (show(JSON.parse(event.data) as EnvironmentNews)) return;
  }
  throw new Error('The event stream ended before the environment was ready. Start the demo again: it goes on.');
}

/** A mail that tells the customer: waits until the mail server took it, and answers its Message-ID. */
export async function sentMail(
  api: KeiyakuApi,
  environmentId: string,
  template: (typeof mailTemplates)[number],
  signal: AbortSignal,
): Promise<string> {
  interface Deliveries {
    readonly items: readonly {
      readonly status: string;
      readonly template: string;
      readonly messageId?: string | null;
    }[];
  }
  return poll(
    async () => {
      const { items } = await api.get<Deliveries>(`/api/deliveries?environmentId=${environmentId}`, signal);
      return (
        items.find(({ status, template: found }) => status === 'sent' && found === template)?.messageId ?? undefined
      );
    },
    `No mail left for the environment ${environmentId}`,
    signal,
  );
}

function first(api: KeiyakuApi, path: string, what: string, signal: AbortSignal): Promise<string> {
  return poll(async () => (await api.get<Found>(path, signal)).items[0]?.id, `No ${what} was made`, signal);
}

/** Looks until there is something to see. Throws the complaint after a minute. */
export async function poll<Value>(
  look: () => Promise<Value | undefined>,
  complaint: string,
  signal: AbortSignal,
): Promise<Value> {
  const deadline = Date.now() + giveUpAfterMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${complaint} within ${giveUpAfterMs / 1000} s.`);
    await delay(lookEveryMs, undefined, { signal });
  }
}
