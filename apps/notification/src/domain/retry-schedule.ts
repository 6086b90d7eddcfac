import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { type DeliveryRequest, testMessageType, type WebhookAnswer } from './delivery.js';

/** About two hours of trouble: a customer's mail outlasts an outage of ours or of the mail server. */
export const maxMailAttempts = 30;
const firstPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;

const [second, minute, hour] = [1_000, 60_000, 3_600_000];
/** Between the attempts at a webhook: 27 h 35 min 5 s in all. */
export const webhookWaitsMs = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour] as const;
const jitterShare = 0.2;
/** A receiver that is overloaded is left alone for so long at least. */
const overloadWaitMs = minute;

/** After so many attempts a delivery is given up, until somebody asks for it again. */
export function maxAttempts(request: DeliveryRequest): number {
  if (request.channel !== 'webhook') return maxMailAttempts;
  // Somebody waits for what becomes of it.
  if (request.content.eventType === testMessageType) return 1;
  return webhookWaitsMs.length + 1;
}

/**
 * How long an attempt may be silent, by channel: until its message is about to leave, and then again for the talk with
 * the other side, which must end before.
 * @param webhookTimeoutMs how long that talk may last over HTTP
 */
export function leasesMs(webhookTimeoutMs: number): LeasesMs {
  const overHttp = webhookTimeoutMs + leaseMarginMs;
  return { mail: 15_000, webhook: overHttp, operator_mail: 15_000, slack: overHttp };
}

export type LeasesMs = Readonly<Record<DeliveryRequest['channel'], number>>;

const leaseMarginMs = 5_000;

/** @param jitter from 0 to 1 */
export function pauseMs(request: DeliveryRequest, attempts: number, jitter: number, answer?: WebhookAnswer): number {
  switch (request.channel) {
    case 'mail':
    case 'operator_mail':
      return mailPauseMs(attempts, jitter);
    case 'slack':
      return slackPauseMs(attempts, jitter, answer);
    case 'webhook':
      return webhookPauseMs(attempts, jitter, answer);
    default:
      return unreachable(request);
  }
}

/** 5 s after the first attempt, doubling up to 5 minutes; of it between a half and the whole. */
export function mailPauseMs(attempts: number, jitter: number): number {
  const full = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs);
  return Math.round(full * (0.5 + jitter / 2));
}

/** As for a mail, and at least as long as Slack asks for in `Retry-After`, up to an hour. */
export function slackPauseMs(attempts: number, jitter: number, answer?: WebhookAnswer): number {
  return Math.max(mailPauseMs(attempts, jitter), Math.min(answer?.retryAfterMs ?? 0, hour));
}

/** A fifth more or less than the schedule. `Retry-After` is honoured between once and twice the scheduled wait. */
export function webhookPauseMs(attempts: number, jitter: number, answer?: WebhookAnswer): number {
  const overloaded = answer?.timedOut === true || answer?.status === 429;
  const least = overloaded ? overloadWaitMs : 0;
  const scheduled = Math.max(webhookWaitsMs[attempts - 1] ?? webhookWaitsMs.at(-1)!, least);
  if (answer?.retryAfterMs !== undefined) return Math.min(Math.max(answer.retryAfterMs, scheduled), 2 * scheduled);
  return Math.max(Math.round(scheduled * (1 - jitterShare + 2 * jitterShare * jitter)), least);
}
