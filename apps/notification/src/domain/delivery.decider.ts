import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import type {
  BeginSending,
  AbandonErased,
  DeliveryCommand,
  FailAttempt,
  ReplayWebhook,
  RequestDelivery,
  StartAttempt,
} from './delivery.commands.js';
import type { DeliveryRefusal, DeliveryRequest, DeliveryState, WebhookAnswer } from './delivery.js';
import { maxAttempts, pauseMs } from './retry-schedule.js';

const recipientErased = 'The recipient was erased.';

type Decision = readonly DeliveryEvent[] | Refusal<DeliveryRefusal>;
type Existing = Exclude<DeliveryState, { status: 'none' }>;

/** A message on its way to one recipient, at least once: what may have left twice says so. */
export const deliveryDecider: Decider<DeliveryState, DeliveryCommand, DeliveryEvent, DeliveryRefusal> = {
  category: 'delivery',
  initialState: { status: 'none' },

  decide(command, state): Decision {
    if (command.type === 'request_delivery') return state.status === 'none' ? request(command) : [];
    if (command.type === 'request_webhook') {
      if (state.status !== 'none') return [];
      const data = { deliveryId: command.target, channel: 'webhook', ...command.data } as const;
      return [{ type: 'delivery.webhook_requested', data }];
    }
    if (command.type === 'request_alert') {
      if (state.status !== 'none') return [];
      return [{ type: 'delivery.alert_requested', data: { deliveryId: command.target, ...command.data } }];
    }
    if (command.type === 'replay_webhook') return replay(command, state);
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
        return [
          ...triedOf(state, true, command.data.answer),
          { type: 'delivery.sent', data: { ...attemptOf(state), messageId: state.messageId } },
        ];
      case 'fail_attempt':
        return failAttempt(command, state);
      case 'abandon_erased':
        return abandonErased(command, state);
      default:
        return unreachable(command);
    }
  },

  evolve(state, event): DeliveryState {
    if (isRequest(event)) {
      return { status: 'waiting', request: event.data, attempts: 0, attemptsBefore: 0 };
    }
    if (state.status === 'none') return state;
    const { request, attempts, attemptsBefore, messageId } = state;
    const facts = { request, attempts, attemptsBefore, ...(messageId !== undefined && { messageId }) };
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
      case 'delivery.webhook_tried':
        return state;
      case 'delivery.replay_requested':
        return { ...facts, status: 'waiting', attemptsBefore: attempts };
      default:
        return unreachable(event);
    }
  },
};

type Requested = Extract<DeliveryEvent, { readonly data: DeliveryRequest }>;

function isRequest(event: DeliveryEvent): event is Requested {
  return 'channel' in event.data;
}

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
  const { request } = state;
  if (request.channel === 'mail' && !isMailAddress(request.recipient.email))
    return [...lost, abandoned(target, recipientErased)];
  if (isLast(state)) {
    return [...lost, abandoned(target, `The process ended during attempt ${state.attempts}, the last one.`)];
  }
  const started: DeliveryEvent = {
    type: 'delivery.attempt_started',
    data: {
      deliveryId: target,
      attempt: data.attempt,
      number: state.attempts + 1,
      leaseUntil: later(now, data.leasesMs[request.channel]),
    },
  };
  return [...lost, started];
}

function beginSending({ data, context }: BeginSending, state: Existing): Decision {
  const now = context.occurredAt;
  if (state.status !== 'attempting' || state.attempt !== data.attempt || state.leaseUntil <= now) {
    return new Refusal('attempt_lost', 'This attempt no longer holds the lease. It must not send.');
  }
  const leaseUntil = later(now, data.leasesMs[state.request.channel]);
  return [{ type: 'delivery.sending', data: { ...attemptOf(state), messageId: data.messageId, leaseUntil } }];
}

/** What a stale attempt reports is ignored. */
function failAttempt({ data, context }: FailAttempt, state: Existing): Decision {
  if (state.status !== 'attempting' && state.status !== 'sending') return [];
  if (state.attempt !== data.attempt) return [];
  const { reason, outcome, jitter, answer } = data;
  const before = [...triedOf(state, false, answer), ...(outcome === 'unknown' ? doubtOf(state) : [])];
  if (data.final || isLast(state)) return [...before, abandoned(state.request.deliveryId, reason)];
  const pause = pauseMs(state.request, state.attempts - state.attemptsBefore, jitter, answer);
  const retryAt = later(context.occurredAt, pause);
  return [...before, { type: 'delivery.failed', data: { ...attemptOf(state), reason, retryAt } }];
}

/** The id stays, so that a receiver that has the message knows it again. */
function replay({ target, context }: ReplayWebhook, state: DeliveryState): Decision {
  if (state.status === 'none' || state.request.channel !== 'webhook') {
    const whatToDo = 'No webhook delivery has this id. Take one from GET /api/webhook-deliveries.';
    return new Refusal('webhook_delivery_not_found', whatToDo);
  }
  const leased = state.status === 'attempting' || state.status === 'sending';
  if (leased && state.leaseUntil > context.occurredAt) {
    return new Refusal(
      'attempt_in_progress',
      `An attempt holds the lease until ${state.leaseUntil}. Wait for its end.`,
    );
  }
  if (state.status === 'waiting' && state.retryAt === undefined) return [];
  return [...doubtOf(state), { type: 'delivery.replay_requested', data: { deliveryId: target } }];
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

function triedOf(
  state: Extract<DeliveryState, { attempt: string }>,
  accepted: boolean,
  answer: WebhookAnswer | undefined,
): readonly DeliveryEvent[] {
  if (!answer || state.request.channel !== 'webhook') return [];
  const { status, durationMs, excerpt } = answer;
  const { endpointId } = state.request;
  const data = {
    ...attemptOf(state),
    endpointId,
    accepted,
    durationMs,
    ...(status !== undefined && { status }),
    ...(excerpt !== undefined && { excerpt }),
  };
  return [{ type: 'delivery.webhook_tried', data }];
}

function isLast({ request, attempts, attemptsBefore }: Existing): boolean {
  return attempts - attemptsBefore >= maxAttempts(request);
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
