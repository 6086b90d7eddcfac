import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { WebhookEvent, WebhookEvents } from '#libs/events/src/contract.js';

/** One webhook of one source: it is received once, however often it is sent. */
export type WebhookState = { readonly status: 'none' } | { readonly status: 'received' };

/** Accepts a webhook with a whole customer whose signature and content were checked. */
export class ReceiveWebhook extends Command<WebhookEvents['webhook.received']> {
  override readonly type = 'receive_webhook';
}

/** Accepts a webhook that says what became of a customer, whose signature and content were checked. */
export class ReceiveLifeCycleWebhook extends Command<WebhookEvents['webhook.life_cycle_received']> {
  override readonly type = 'receive_life_cycle_webhook';
}

export type WebhookCommand = ReceiveWebhook | ReceiveLifeCycleWebhook;

export const webhookDecider: Decider<WebhookState, WebhookCommand, WebhookEvent, never> = {
  category: 'webhook',
  initialState: { status: 'none' },
  decide: (command, webhook) => (webhook.status === 'received' ? [] : [received(command)]),
  evolve: () => ({ status: 'received' }),
};

function received(command: WebhookCommand): WebhookEvent {
  switch (command.type) {
    case 'receive_webhook':
      return { type: 'webhook.received', data: command.data };
    case 'receive_life_cycle_webhook':
      return { type: 'webhook.life_cycle_received', data: command.data };
    default:
      return unreachable(command);
  }
}
