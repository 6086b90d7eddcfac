import { Command } from '#libs/event-sourcing/src/command.js';
import type { AlertRequest, MailRequest, WebhookAnswer, WebhookRequest } from './delivery.js';
import type { LeasesMs } from './retry-schedule.js';

/** Somebody is to be told something. Asking again changes nothing. */
export class RequestDelivery extends Command<Omit<MailRequest, 'deliveryId'>> {
  override readonly type = 'request_delivery';
}

/** Another system is to be told something. Asking again changes nothing. */
export class RequestWebhook extends Command<Omit<WebhookRequest, 'deliveryId' | 'channel'>> {
  override readonly type = 'request_webhook';
}

/** The operators are to be told something. Asking again changes nothing. */
export class RequestAlert extends Command<Omit<AlertRequest, 'deliveryId'>> {
  override readonly type = 'request_alert';
}

/** Takes the lease. `attempt` is a fresh UUID; only its holder may go on. */
export class StartAttempt extends Command<{ readonly attempt: string; readonly leasesMs: LeasesMs }> {
  override readonly type = 'start_attempt';
}

/** The fence just before the message leaves: refused once the lease has run out or gone to another attempt. */
export class BeginSending extends Command<{
  readonly attempt: string;
  readonly messageId: string;
  readonly leasesMs: LeasesMs;
}> {
  override readonly type = 'begin_sending';
}

/** The mail server, or the receiver of the webhook, took the message. */
export class ConfirmSent extends Command<{ readonly attempt: string; readonly answer?: WebhookAnswer }> {
  override readonly type = 'confirm_sent';
}

export class FailAttempt extends Command<{
  readonly attempt: string;
  /** In words, for operators; without addresses and links. */
  readonly reason: string;
  /** `unknown`: the connection went away while the other side had the message. */
  readonly outcome: 'not_sent' | 'unknown';
  /** From 0 to 1; spreads the next attempts of many deliveries. */
  readonly jitter: number;
  readonly answer?: WebhookAnswer;
  /** No further attempt would be of use. */
  readonly final?: boolean;
}> {
  override readonly type = 'fail_attempt';
}

/** The recipient was erased: nothing is to reach them any more, and nobody could say where. */
export class AbandonErased extends Command {
  override readonly type = 'abandon_erased';
}

/** Sends a webhook once more, under the same id: what was sent or given up, or now instead of later. */
export class ReplayWebhook extends Command {
  override readonly type = 'replay_webhook';
}

export const deliveryCommands = [
  RequestDelivery,
  RequestWebhook,
  RequestAlert,
  StartAttempt,
  BeginSending,
  ConfirmSent,
  FailAttempt,
  AbandonErased,
  ReplayWebhook,
] as const;

export type DeliveryCommand = InstanceType<(typeof deliveryCommands)[number]>;
