import { Logger } from '@nestjs/common';
import type { CommandBus } from '@nestjs/cqrs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { Committed } from '#libs/event-sourcing/src/command.js';
import { Refusal } from '#libs/event-sourcing/src/decider.js';
import { CommandRefused, EventStoreUnavailable } from '#libs/event-sourcing/src/errors.js';
import type { AlertChannels } from '../alerts/alert-channels.js';
import type { DeliveryCommand } from '../domain/delivery.commands.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import type { MailChannel } from '../mail/mail-channel.js';
import { abcWebhook } from '../spec-delivery.js';
import type { WebhookChannel } from '../webhooks/webhook-channel.js';
import { DeliveryRunner } from './delivery-runner.js';
import { CannotPrepare, type Outgoing, SendFailed } from './outgoing.js';

const job = { deliveryId: abcWebhook.deliveryId, correlationId: 'spec' };
const outgoing = (send: Outgoing['send']) => async (): Promise<Outgoing> => ({ messageId: 'm1', send });

// Attempts fail here on purpose.
beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new Logger()));

/** Runs one attempt at a webhook. The event store is away the first time that it gets a command of the type. */
async function attempt(prepare: () => Promise<Outgoing>, away?: DeliveryCommand['type']) {
  let state = deliveryDecider.evolve(deliveryDecider.initialState, {
    type: 'delivery.webhook_requested',
    data: abcWebhook,
  });
  const types: string[] = [];
  let isAway = true;
  const commands = {
    execute: async (command: DeliveryCommand): Promise<Committed> => {
      if (command.type === away && isAway) {
        isAway = false;
        throw new EventStoreUnavailable(new Error('gone'));
      }
      const decision = deliveryDecider.decide(command, state);
      if (decision instanceof Refusal) throw new CommandRefused(decision);
      state = decision.reduce(deliveryDecider.evolve, state);
      types.push(...decision.map(({ type }) => type));
      return { id: command.target, revision: types.length, position: 0n };
    },
  };
  const aggregates = { load: async () => state };
  const webhooks = { prepare };
  const runner = new DeliveryRunner(
    commands as unknown as CommandBus,
    aggregates as unknown as Aggregates,
    {} as MailChannel,
    webhooks as unknown as WebhookChannel,
    {} as AlertChannels,
    { timeoutMs: 1_000 },
  );
  await runner.run(job);
  expect(isAway, 'the event store was away').toBe(away === undefined);
  return types;
}

it('insists on noting that a message was taken', async () => {
  const sending = outgoing(async () => ({ status: 204, durationMs: 1 }));
  expect(await attempt(sending, 'confirm_sent')).toEqual([
    'delivery.attempt_started',
    'delivery.sending',
    'delivery.webhook_tried',
    'delivery.sent',
  ]);
});

it('insists on noting that a message was not taken', async () => {
  const sending = outgoing(async () => {
    throw new SendFailed('not_sent', 'The endpoint answered 503.', { answer: { status: 503, durationMs: 1 } });
  });
  expect(await attempt(sending, 'fail_attempt')).toEqual([
    'delivery.attempt_started',
    'delivery.sending',
    'delivery.webhook_tried',
    'delivery.failed',
  ]);
});

it('insists on noting that there is no message', async () => {
  const prepare = async (): Promise<never> => {
    throw new CannotPrepare('There is no such endpoint.', true);
  };
  expect(await attempt(prepare, 'fail_attempt')).toEqual(['delivery.attempt_started', 'delivery.abandoned']);
});
