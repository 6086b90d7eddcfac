import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { WebhookEndpointEvent, WebhookEndpointEvents } from '#libs/events/src/notification.js';
import {
  type EndpointSecret,
  failingLimitMs,
  maxActiveSecrets,
  type WebhookEndpointRefusal,
  type WebhookEndpointState,
} from './webhook-endpoint.js';

/** Names a system that is told what happens, with webhooks signed with the secret of this credential. */
export class RegisterWebhookEndpoint extends Command<{
  readonly name: string;
  readonly url: string;
  readonly events?: readonly string[];
  readonly credentialId: string;
}> {
  override readonly type = 'register_webhook_endpoint';
}

/** Adds a secret beside the newest one; an older one is retired. */
export class RotateEndpointSecret extends Command<{ readonly credentialId: string }> {
  override readonly type = 'rotate_endpoint_secret';
}

export class RetireEndpointSecret extends Command<{ readonly version: number }> {
  override readonly type = 'retire_endpoint_secret';
}

export class DisableWebhookEndpoint extends Command {
  override readonly type = 'disable_webhook_endpoint';
}

export class EnableWebhookEndpoint extends Command {
  override readonly type = 'enable_webhook_endpoint';
}

/** How the endpoint took a webhook; `at` is the ISO instant. */
export class NoteWebhookOutcome extends Command<{
  readonly accepted: boolean;
  readonly status?: number;
  readonly at: string;
}> {
  override readonly type = 'note_webhook_outcome';
}

/** Everything that was given up since is to be sent again. */
export class ReplayFailedWebhooks extends Command<{ readonly since: string }> {
  override readonly type = 'replay_failed_webhooks';
}

export const webhookEndpointCommands = [
  RegisterWebhookEndpoint,
  RotateEndpointSecret,
  RetireEndpointSecret,
  DisableWebhookEndpoint,
  EnableWebhookEndpoint,
  NoteWebhookOutcome,
  ReplayFailedWebhooks,
] as const;

export type WebhookEndpointCommand = InstanceType<(typeof webhookEndpointCommands)[number]>;

type Decision = readonly WebhookEndpointEvent[] | Refusal<WebhookEndpointRefusal>;
type Existing = Exclude<WebhookEndpointState, { status: 'none' }>;

/** A system that is told what happens, and whether it listens. */
export const webhookEndpointDecider: Decider<
  WebhookEndpointState,
  WebhookEndpointCommand,
  WebhookEndpointEvent,
  WebhookEndpointRefusal
> = {
  category: 'webhook-endpoint',
  initialState: { status: 'none' },

  decide(command, state): Decision {
    const endpointId = command.target;
    if (command.type === 'register_webhook_endpoint') {
      if (state.status !== 'none') {
        return new Refusal('webhook_endpoint_exists', 'A webhook endpoint with this id exists already.');
      }
      const { credentialId, ...endpoint } = command.data;
      return [
        { type: 'webhook_endpoint.registered', data: { endpointId, ...endpoint } },
        { type: 'webhook_endpoint.secret_added', data: { endpointId, credentialId, version: 1 } },
      ];
    }
    if (state.status === 'none') {
      const whatToDo = 'No webhook endpoint has this id. GET /api/webhook-endpoints lists them.';
      return new Refusal('webhook_endpoint_not_found', whatToDo);
    }
    switch (command.type) {
      case 'rotate_endpoint_secret':
        return rotate(command, state);
      case 'retire_endpoint_secret':
        return retire(command, state);
      case 'disable_webhook_endpoint':
        return state.status === 'disabled' ? [] : [disabled(endpointId, 'by_hand', 'It was disabled by hand.')];
      case 'enable_webhook_endpoint':
        return state.status === 'enabled' ? [] : [{ type: 'webhook_endpoint.enabled', data: { endpointId } }];
      case 'note_webhook_outcome':
        return judge(command, state);
      case 'replay_failed_webhooks':
        if (state.status === 'disabled') {
          return new Refusal('webhook_endpoint_disabled', 'Nothing is sent to this endpoint. Enable it first.');
        }
        return [{ type: 'webhook_endpoint.replay_requested', data: { endpointId, since: command.data.since } }];
      default:
        return unreachable(command);
    }
  },

  evolve(state, event): WebhookEndpointState {
    if (event.type === 'webhook_endpoint.registered') {
      return { status: 'enabled', name: event.data.name, url: event.data.url, active: [], retired: [] };
    }
    if (state.status === 'none') return state;
    const { name, url, active, retired } = state;
    const facts = { name, url, active, retired };
    switch (event.type) {
      case 'webhook_endpoint.secret_added': {
        const { credentialId, version } = event.data;
        return { ...state, active: [...active, { credentialId, version }] };
      }
      case 'webhook_endpoint.secret_retired': {
        const { credentialId, version } = event.data;
        const left = active.filter((secret) => secret.version !== version);
        return { ...state, active: left, retired: [...retired, { credentialId, version }] };
      }
      case 'webhook_endpoint.failing_began':
        return { ...facts, status: 'enabled', failingSince: event.data.since };
      case 'webhook_endpoint.recovered':
      case 'webhook_endpoint.enabled':
        return { ...facts, status: 'enabled' };
      case 'webhook_endpoint.disabled':
        return { ...facts, status: 'disabled' };
      case 'webhook_endpoint.replay_requested':
        return state;
      default:
        return unreachable(event);
    }
  },
};

function rotate({ target, data }: RotateEndpointSecret, { active, retired }: Existing): Decision {
  const version = active.length + retired.length + 1;
  const surplus = active.slice(0, Math.max(0, active.length - (maxActiveSecrets - 1)));
  return [
    {
      type: 'webhook_endpoint.secret_added',
      data: { endpointId: target, credentialId: data.credentialId, version },
    },
    ...surplus.map((secret) => retirement(target, secret)),
  ];
}

/** Without any secret nothing could be signed, so the last one stays. */
function retire({ target, data: { version } }: RetireEndpointSecret, { active, retired }: Existing): Decision {
  const secret = active.find((candidate) => candidate.version === version);
  if (!secret) {
    if (retired.some((candidate) => candidate.version === version)) return [];
    return new Refusal('endpoint_secret_not_found', `This endpoint has no secret of version ${version}.`);
  }
  if (active.length === 1) {
    return new Refusal(
      'last_endpoint_secret',
      'This is the only secret of the endpoint. Rotate it, then retire this one.',
    );
  }
  return [retirement(target, secret)];
}

/** Only changes are recorded: an endpoint that goes on as before leaves no event. */
function judge({ target, data }: NoteWebhookOutcome, state: Existing): Decision {
  if (state.status === 'disabled') return [];
  const { accepted, status, at } = data;
  if (accepted) {
    return state.failingSince === undefined
      ? []
      : [{ type: 'webhook_endpoint.recovered', data: { endpointId: target } }];
  }
  if (status === 410) return [disabled(target, 'gone', 'The endpoint answered 410: it is gone for good.')];
  if (state.failingSince === undefined) {
    return [{ type: 'webhook_endpoint.failing_began', data: { endpointId: target, since: at } }];
  }
  if (Date.parse(at) - Date.parse(state.failingSince) < failingLimitMs) return [];
  return [disabled(target, 'failing', `It has taken no webhook since ${state.failingSince}.`)];
}

function retirement(endpointId: string, { credentialId, version }: EndpointSecret): WebhookEndpointEvent {
  return { type: 'webhook_endpoint.secret_retired', data: { endpointId, credentialId, version } };
}

function disabled(
  endpointId: string,
  cause: WebhookEndpointEvents['webhook_endpoint.disabled']['cause'],
  reason: string,
): WebhookEndpointEvent {
  return { type: 'webhook_endpoint.disabled', data: { endpointId, cause, reason } };
}
