import { expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import { recorded } from '#libs/testing/src/given.js';
import type { DeliveryRequest } from '../domain/delivery.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import { abcAlert, abcDelivery, abcWebhook } from '../spec-delivery.js';
import type { DeliveryJob, DeliveryJobs } from './delivery-jobs.js';
import { QueueDeliveriesPolicy } from './queue-deliveries.policy.js';

type Channel = DeliveryRequest['channel'];
const [mail, webhook, slack] = [
  { type: 'delivery.requested', data: abcDelivery },
  { type: 'delivery.webhook_requested', data: abcWebhook },
  { type: 'delivery.alert_requested', data: abcAlert },
] as const;
const failed = {
  type: 'delivery.failed',
  data: { deliveryId: 'd1', attempt: 'a1', reason: 'spec', retryAt: '2026-01-05T09:05:00.000Z' },
} as const;
const { endpointId } = abcWebhook;
const replayed = { type: 'delivery.replay_requested', data: { deliveryId: 'd1' } } as const;

/** Which queue and endpoint the last of the events leads to, and how many streams were read for that. */
async function queued(
  ...events: [...DeliveryEvent[], typeof mail | typeof webhook | typeof slack | typeof failed | typeof replayed]
) {
  const outcome: { channel?: Channel; endpointId?: string; reads: number } = { reads: 0 };
  const jobs = {
    add: async ({ endpointId }: DeliveryJob, channel: Channel) => {
      Object.assign(outcome, { channel, ...(endpointId !== undefined && { endpointId }) });
    },
  };
  const aggregates = {
    load: async () => {
      outcome.reads++;
      return events.reduce<ReturnType<typeof deliveryDecider.evolve>>(
        deliveryDecider.evolve,
        deliveryDecider.initialState,
      );
    },
  };
  const policy = new QueueDeliveriesPolicy(jobs as unknown as DeliveryJobs, aggregates as unknown as Aggregates);
  const last = recorded(events).at(-1)! as Parameters<typeof policy.handle>[0];
  await policy.handle(last);
  return outcome;
}

it('queues what was asked for without reading about it', async () => {
  expect(await queued(mail)).toEqual({ channel: 'mail', reads: 0 });
  expect(await queued(webhook)).toEqual({ channel: 'webhook', endpointId, reads: 0 });
  expect(await queued(slack)).toEqual({ channel: 'slack', endpointId: 'slack', reads: 0 });
});

it('queues a replay as the webhook that it always is', async () => {
  expect(await queued(webhook, replayed)).toEqual({ channel: 'webhook', reads: 0 });
});

it('reads which of the two has failed', async () => {
  expect(await queued(mail, failed)).toEqual({ channel: 'mail', reads: 1 });
  expect(await queued(webhook, failed)).toEqual({ channel: 'webhook', endpointId, reads: 1 });
  expect(await queued(slack, failed)).toEqual({ channel: 'slack', endpointId: 'slack', reads: 1 });
});
