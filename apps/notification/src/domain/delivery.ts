import type { DeliveryEvents } from '#libs/events/src/notification.js';

export type MailRequest = DeliveryEvents['delivery.requested'];
export type WebhookRequest = DeliveryEvents['delivery.webhook_requested'];

export type AlertRequest = DeliveryEvents['delivery.alert_requested'];

/** What is to be told, to whom and how. */
export type DeliveryRequest = MailRequest | WebhookRequest | AlertRequest;

/** `eventType` of what is sent to try an endpoint out. */
export const testMessageType = 'webhook_endpoint.test';

/** How a receiver of webhooks took an attempt. */
export interface WebhookAnswer {
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
  readonly durationMs: number;
  readonly excerpt?: string;
  /** What the receiver asked for in `Retry-After`. */
  readonly retryAfterMs?: number;
  readonly timedOut?: boolean;
}

/** What every delivery that exists carries. */
interface Facts {
  readonly request: DeliveryRequest;
  /** Attempts started so far. */
  readonly attempts: number;
  /** Those among them that were before the last replay; the schedule begins anew with it. */
  readonly attemptsBefore: number;
  /** Of the first message that was about to leave; every later one carries the same. */
  readonly messageId?: string;
}

interface Leased extends Facts {
  readonly attempt: string;
  /** ISO instant after which another attempt may take over. */
  readonly leaseUntil: string;
}

/**
 * `waiting` for its next attempt (from `retryAt` on, at once without it), `attempting` with the message still here,
 * `sending` while the message may leave, or done: `sent` or `abandoned`.
 */
export type DeliveryState =
  | { readonly status: 'none' }
  | (Facts & { readonly status: 'waiting'; readonly retryAt?: string })
  | (Leased & { readonly status: 'attempting' })
  | (Leased & { readonly status: 'sending'; readonly messageId: string })
  | (Facts & { readonly status: 'sent' })
  | (Facts & { readonly status: 'abandoned' });

export type DeliveryRefusal =
  | 'delivery_not_found'
  | 'delivery_finished'
  | 'delivery_not_due'
  | 'attempt_in_progress'
  | 'attempt_lost'
  | 'webhook_delivery_not_found';
