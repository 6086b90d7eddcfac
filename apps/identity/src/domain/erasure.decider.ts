import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { ErasureEvent, ErasureReason, Subject } from '#libs/events/src/identity.js';
import type { ErasureRefusal, ErasureState } from './erasure.js';

/** Asks for the erasure of a subject. Asking again changes nothing. */
export class RequestErasure extends Command<{
  readonly subject: Subject;
  readonly reason: ErasureReason;
  /** Whose confirmations are needed. */
  readonly contexts: readonly string[];
}> {
  override readonly type = 'request_erasure';
}

/** The key database holds the key no more. */
export class ConfirmKeyDestroyed extends Command {
  override readonly type = 'confirm_key_destroyed';
}

/** Sent once the key was destroyed so long ago that no process can remember it. */
export class ForgetKey extends Command<{
  /** How long a process may hold a key in memory, in milliseconds. */
  readonly memoryMs: number;
}> {
  override readonly type = 'forget_key';
}

/** A context has cleared its copies. */
export class ConfirmContextCleared extends Command<{ readonly context: string; readonly clearedAt: string }> {
  override readonly type = 'confirm_context_cleared';
}

export type ErasureCommand = RequestErasure | ConfirmKeyDestroyed | ForgetKey | ConfirmContextCleared;
export const erasureCommands = [RequestErasure, ConfirmKeyDestroyed, ForgetKey, ConfirmContextCleared];

type Decision = readonly ErasureEvent[] | Refusal<ErasureRefusal>;

/** The erasure of one subject, from the request to the certificate. Every step may be repeated. */
export const erasureDecider: Decider<ErasureState, ErasureCommand, ErasureEvent, ErasureRefusal> = {
  category: 'erasure',
  initialState: { status: 'none' },

  decide(command, state): Decision {
    const erasureId = command.target;
    if (command.type === 'request_erasure') return state.status === 'none' ? [requested(command)] : [];
    if (state.status === 'none') {
      return new Refusal('erasure_not_found', 'No erasure has this id. GET /api/erasures lists them.');
    }
    switch (command.type) {
      case 'confirm_key_destroyed': {
        if (state.status !== 'requested') return [];
        const data = { erasureId, subject: state.subject, destroyedAt: command.context.occurredAt };
        return [{ type: 'erasure.key_destroyed', data }];
      }
      case 'forget_key':
        return forgetKey(command, state);
      case 'confirm_context_cleared':
        return confirm(command, state);
      default:
        return unreachable(command);
    }
  },

  evolve(state, event): ErasureState {
    if (event.type === 'erasure.requested') {
      const { erasureId: _erasureId, ...request } = event.data;
      return { status: 'requested', ...request };
    }
    if (event.type === 'erasure.completed') return { status: 'completed' };
    if (state.status === 'none' || state.status === 'completed') return state;
    switch (event.type) {
      case 'erasure.key_destroyed':
        return { ...state, status: 'key_destroyed', keyDestroyedAt: event.data.destroyedAt };
      case 'erasure.key_forgotten':
        return state.status === 'key_destroyed' ? { ...state, status: 'clearing', cleared: [] } : state;
      case 'erasure.confirmed': {
        const { context, clearedAt } = event.data;
        if (state.status !== 'clearing') return state;
        return { ...state, cleared: [...state.cleared, { context, clearedAt }] };
      }
      default:
        return unreachable(event);
    }
  },
};

function requested({ target, data, context }: RequestErasure): ErasureEvent {
  const { id, role } = context.actor;
  const request = { erasureId: target, ...data, requestedBy: { id, role }, requestedAt: context.occurredAt };
  return { type: 'erasure.requested', data: request };
}

function forgetKey({ target, data, context }: ForgetKey, state: ErasureState): Decision {
  if (state.status !== 'key_destroyed') return [];
  const { subject, keyDestroyedAt } = state;
  if (Date.parse(context.occurredAt) - Date.parse(keyDestroyedAt) < data.memoryMs) {
    return new Refusal('erasure_key_in_memory', 'A process may still hold the key in memory. It is tried again later.');
  }
  return [{ type: 'erasure.key_forgotten', data: { erasureId: target, subject } }];
}

/** The last confirmation that is needed brings the certificate with it. */
function confirm({ target: erasureId, data, context }: ConfirmContextCleared, state: ErasureState): Decision {
  if (state.status !== 'clearing') return [];
  const { status: _status, cleared, contexts, ...request } = state;
  const confirmed = (name: string): boolean => cleared.some(({ context: known }) => known === name);
  if (!contexts.includes(data.context) || confirmed(data.context)) return [];
  const event: ErasureEvent = { type: 'erasure.confirmed', data: { erasureId, ...data } };
  if (!contexts.every((name) => name === data.context || confirmed(name))) return [event];
  const completedAt = context.occurredAt;
  return [
    event,
    { type: 'erasure.completed', data: { erasureId, ...request, completedAt, cleared: [...cleared, data] } },
  ];
}
