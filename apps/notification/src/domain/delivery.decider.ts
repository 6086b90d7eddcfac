import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import type { DeliveryRefusal, DeliveryRequest, DeliveryState } from './delivery.js';

/** Time for what comes before the message leaves, and then again for the talk with the mail server. */
export const leaseMs = 15_000;
/** About two hours of trouble: a customer's mail outlasts an outage of ours or of the mail server. */
export const maxAttempts = 30;
const firstPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;
const recipientErased = 'The recipient was erased.';

/** Somebody is to be told something. Asking again changes nothing. */
export class RequestDelivery extends Command<Omit<DeliveryRequest, 'deliveryId'>> {
  override readonly type = 'request_delivery';
}

/** Takes the lease. `attempt` is a fresh UUID; only its holder may go on. */
export class StartAttempt extends Command<{ readonly attempt: string }> {
  override readonly type = 'start_attempt';
}

/** The fence just before the message leaves: refused once the lease has run out or gone to another attempt. */
export class BeginSending extends Command<{ readonly attempt: string; readonly messageId: string }> {
  override readonly type = 'begin_sending';
}

/** The mail server took the message. */
export class ConfirmSent extends Command<{ readonly attempt: string }> {
  override readonly type = 'confirm_sent';
}

export class FailAttempt extends Command<{
  readonly attempt: string;
  /** In words, for operators; without addresses and links. */
  readonly reason: string;
  /** `unknown`: the connection went away while the server had the message. */
  readonly outcome: 'not_sent' | 'unknown';
  /** From 0 to 1; spreads the next attempts of many deliveries. */
  readonly jitter: number;
}> {
  override readonly type = 'fail_attempt';
}

/** The recipient was erased: nothing is to reach them any more, and nobody could say where. */
export class AbandonErased extends Command {
  override readonly type = 'abandon_erased';
}

export type DeliveryCommand = RequestDelivery | StartAttempt | BeginSending | ConfirmSent | FailAttempt | AbandonErased;

type Decision = readonly DeliveryEvent[] | Refusal<DeliveryRefusal>;
type Existing = Exclude<DeliveryState, { status: 'none' }>;

/** A message on its way to one recipient, at least once: what may have left twice says so. */
export const deliveryDecider: Decider<DeliveryState, DeliveryCommand, DeliveryEvent, DeliveryRefusal> = {
  category: 'delivery',
  initialState: { status: 'none' },

  decide(command, state): Decision {
    if (command.type === 'request_delivery') return state.status === 'none' ? request(command) : [];
    if (state.status === 'none') {
      return new Refusal('delivery_not_found', 'No delivery has this id. Take one from GET /api/deliveries.');
    }
    switch (command.type) {
      case 'start_attempt':
        return startAttempt(command, state);
      case 'begin_sending':
        return beginSending(command, state);
      case 'confirm_sent':
        if (state.status !== 'sending' || state.attempt !== command.data.attempt) return [];
        return [{ type: 'delivery.sent', data: { ...attemptOf(state), messageId: state.messageId } }];
      case 'fail_attempt':
        return failAttempt(command, state);
      case 'abandon_erased':
        return abandonErased(command, state);
      default:
        return unreachable(command);
    }
  },

  evolve(state, event): DeliveryState {
    if (event.type === 'delivery.requested') return { status: 'waiting', request: event.data, attempts: 0 };
    if (state.status === 'none') return state;
    const { request, attempts, messageId } = state;
    const facts = { request, attempts, ...(messageId !== undefined && { messageId }) };
    switch (event.type) {
      case 'delivery.attempt_started': {
        const { attempt, number, leaseUntil } = event.data;
        return { ...facts, status: 'attempting', attempts: number, attempt, leaseUntil };
      }
      case 'delivery.sending': {
        const { attempt, leaseUntil } = event.data;
        return { ...facts, status: 'sending', attempt, leaseUntil, messageId: event.data.messageId };
      }
      case 'delivery.possibly_sent':
        return { ...facts, status: 'waiting' };
      case 'delivery.failed':
        return { ...facts, status: 'waiting', retryAt: event.data.retryAt };
      case 'delivery.sent':
        return { ...facts, status: 'sent' };
      case 'delivery.abandoned':
        return { ...facts, status: 'abandoned' };
      default:
        return unreachable(event);
    }
  },
};

function request({ target, data }: RequestDelivery): Decision {
  const requested: DeliveryEvent = { type: 'delivery.requested', data: { deliveryId: target, ...data } };
  if (isMailAddress(data.recipient.email)) return [requested];
  return [requested, abandoned(target, 'The recipient has no usable mail address.')];
}

function startAttempt({ target, data, context }: StartAttempt, state: Existing): Decision {
  const now = context.occurredAt;
  if (state.status === 'sent' || state.status === 'abandoned') {
    return new Refusal('delivery_finished', 'This delivery is finished. There is nothing left to send.');
  }
  if (state.status === 'waiting' && state.retryAt !== undefined && state.retryAt > now) {
    return new Refusal('delivery_not_due', `The next attempt is due at ${state.retryAt}.`);
  }
  if (state.status !== 'waiting' && state.leaseUntil > now) {
    return new Refusal('attempt_in_progress', `Another attempt holds the lease until ${state.leaseUntil}.`);
  }
  const lost = doubtOf(state);
  if (!isMailAddress(state.request.recipient.email)) return [...lost, abandoned(target, recipientErased)];
  if (state.attempts >= maxAttempts) {
    return [...lost, abandoned(target, `The process ended during attempt ${state.attempts}, the last one.`)];
  }
  const started: DeliveryEvent = {
    type: 'delivery.attempt_started',
    data: {
      deliveryId: target,
      attempt: data.attempt,
      number: state.attempts + 1,
      leaseUntil: later(now, leaseMs),
    },
  };
  return [...lost, started];
}

function beginSending({ data, context }: BeginSending, state: Existing): Decision {
  const now = context.occurredAt;
  if (state.status !== 'attempting' || state.attempt !== data.attempt || state.leaseUntil <= now) {
    return new Refusal('attempt_lost', 'This attempt no longer holds the lease. It must not send.');
  }
  const leaseUntil = later(now, leaseMs);
  return [{ type: 'delivery.sending', data: { ...attemptOf(state), messageId: data.messageId, leaseUntil } }];
}

/** What a stale attempt reports is ignored. */
function failAttempt({ data, context }: FailAttempt, state: Existing): Decision {
  if (state.status !== 'attempting' && state.status !== 'sending') return [];
  if (state.attempt !== data.attempt) return [];
  const { reason, outcome, jitter } = data;
  const doubt = outcome === 'unknown' ? doubtOf(state) : [];
  if (state.attempts >= maxAttempts) return [...doubt, abandoned(state.request.deliveryId, reason)];
  const retryAt = later(context.occurredAt, pauseMs(state.attempts, jitter));
  return [...doubt, { type: 'delivery.failed', data: { ...attemptOf(state), reason, retryAt } }];
}

/** A message that may be leaving just now is waited for, so that whoever clears mails finds it. */
function abandonErased({ target, context }: AbandonErased, state: Existing): Decision {
  if (state.status === 'sent' || state.status === 'abandoned') return [];
  if (state.status === 'sending' && state.leaseUntil > context.occurredAt) {
    return new Refusal('attempt_in_progress', `The message may be leaving until ${state.leaseUntil}.`);
  }
  return [...doubtOf(state), abandoned(target, recipientErased)];
}

/** Nobody knows whether a message has left that was about to. */
function doubtOf(state: Existing): readonly DeliveryEvent[] {
  if (state.status !== 'sending') return [];
  return [{ type: 'delivery.possibly_sent', data: { ...attemptOf(state), messageId: state.messageId } }];
}

/** 5 s after the first attempt, doubling up to 5 minutes; of it between a half and the whole. */
export function pauseMs(attempts: number, jitter: number): number {
  const full = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs);
  return Math.round(full * (0.5 + jitter / 2));
}

function attemptOf(state: Extract<DeliveryState, { attempt: string }>): { deliveryId: string; attempt: string } {
  return { deliveryId: state.request.deliveryId, attempt: state.attempt };
}

function abandoned(deliveryId: string, reason: string): DeliveryEvent {
  return { type: 'delivery.abandoned', data: { deliveryId, reason } };
}

function later(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}

/** One plain address: what could end a header or name a second recipient is none. */
function isMailAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>()[\]\\,;:"\p{Cc}]+@[^\s@<>()[\]\\,;:"\p{Cc}]+$/u.test(text);
}
