import { expect, it } from 'vitest';
import type { Command } from '#libs/event-sourcing/src/command.js';
import type { Recorded } from '#libs/event-sourcing/src/event.js';
import type { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import type { FanOut, FanOutOptions } from '#libs/event-sourcing/src/fan-out.js';
import type { PolicyContext } from '#libs/event-sourcing/src/policy.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { recorded, testContext } from '#libs/testing/src/given.js';
import { abcEnvironment } from '../spec-environment.js';
import type { WebhookEndpointRow } from '../webhook-endpoint-list/webhook-endpoint-list.entity.js';
import type { ToldEvent } from './environment-update.js';
import { TellEndpointsPolicy } from './tell-endpoints.policy.js';

const about = abcEnvironment('00f204fc-04ad-5b2d-8b1f-7f99fb9c4e5e');
const history = recorded<EnvironmentEvent>([
  { type: 'environment.requested', data: about },
  { type: 'environment.resumed', data: { environmentId: about.environmentId, step: 'apply' } },
]);
const early = new Date('2026-01-01T00:00:00.000Z');

/** Tells endpoints that something goes on again; answers what each gets, and how often the log was read for it. */
async function tell(...endpoints: readonly Pick<WebhookEndpointRow, 'id' | 'events' | 'registeredAt'>[]) {
  const told: (Command | undefined)[] = [];
  let reads = 0;
  const fanOut = {
    run: async (_context: PolicyContext, { command }: FanOutOptions<WebhookEndpointRow>) => {
      for (const endpoint of endpoints) told.push(await command(endpoint as WebhookEndpointRow));
    },
  };
  const store = {
    async *readStream() {
      reads += 1;
      yield* history;
    },
  };
  const schemas = { current: (event: unknown) => event };
  const policy = new TellEndpointsPolicy(
    fanOut as unknown as FanOut,
    store as unknown as EventStore,
    schemas as unknown as EventSchemas,
  );
  const context = { command: (target: string) => testContext({ commandId: target }) };
  await policy.handle(history[1] as Recorded<ToldEvent>, context as unknown as PolicyContext);
  return { told, reads };
}

it('reads the log once, however many endpoints want to know', async () => {
  const { told, reads } = await tell(
    { id: 'a', events: null, registeredAt: early },
    { id: 'b', events: ['environment.resumed'], registeredAt: early },
  );
  expect(reads).toBe(1);
  const content = { eventType: 'environment.resumed', data: { url: about.url, status: 'provisioning', sequence: 1 } };
  expect(told).toMatchObject([{ data: { endpointId: 'a', content } }, { data: { endpointId: 'b', content } }]);
});

it('reads nothing where nobody wants to know', async () => {
  const { told, reads } = await tell(
    { id: 'a', events: ['environment.ready'], registeredAt: early },
    { id: 'b', events: null, registeredAt: new Date('2026-02-01T00:00:00.000Z') },
  );
  expect({ told, reads }).toEqual({ told: [undefined, undefined], reads: 0 });
});
