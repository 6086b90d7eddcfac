import { Command } from '#libs/event-sourcing/src/command.js';
import type { Decider } from '#libs/event-sourcing/src/decider.js';
import type { WebhookEvent, WebhookEvents } from '#libs/events/src/contract.js';

/** One webhook of one source: it is received once, however often it is sent. */
export type WebhookState = { readonly status: 'none' } | { readonly status: 'received' };

/** Accepts a webhook whose signature and content were checked. */
export class ReceiveWebhook extends Command<WebhookEvents['webhook.received']> {
  override readonly type = 'receive_webhook';
}

export const webhookDecider: Decider<WebhookState, ReceiveWebhook, WebhookEvent, never> = {
  category: 'webhook',
  initialState: { status: 'none' },
  decide: (command, webhook) =>
    webhook.status === 'received' ? [] : [{ type: 'webhook.received', data: command.data }],
  evolve: () => ({ status: 'received' }),
};
