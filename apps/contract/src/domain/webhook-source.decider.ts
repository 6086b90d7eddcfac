import { Command } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { WebhookSourceEvent } from '#libs/events/src/contract.js';
import {
  maxActiveSecrets,
  type SigningSecret,
  type WebhookSourceState,
  type WebhookSourceRefusal,
} from './webhook-source.js';

/** Lets a system send webhooks, signed with the secret of this credential. */
export class RegisterWebhookSource extends Command<{ readonly name: string; readonly credentialId: string }> {
  override readonly type = 'register_webhook_source';
}

/** Adds a secret beside the newest one; an older one is retired. */
export class RotateWebhookSecret extends Command<{ readonly credentialId: string }> {
  override readonly type = 'rotate_webhook_secret';
}

export class RetireWebhookSecret extends Command<{ readonly version: number }> {
  override readonly type = 'retire_webhook_secret';
}

export type WebhookSourceCommand = RegisterWebhookSource | RotateWebhookSecret | RetireWebhookSecret;

type Decision = readonly WebhookSourceEvent[] | Refusal<WebhookSourceRefusal>;

export const webhookSourceDecider: Decider<
  WebhookSourceState,
  WebhookSourceCommand,
  WebhookSourceEvent,
  WebhookSourceRefusal
> = {
  category: 'webhook-source',
  initialState: { status: 'none' },
  decide,
  evolve,
};

function decide(command: WebhookSourceCommand, source: WebhookSourceState): Decision {
  const sourceId = command.target;
  switch (command.type) {
    case 'register_webhook_source': {
      const { name, credentialId } = command.data;
      if (source.status !== 'none') {
        return new Refusal('webhook_source_exists', 'A webhook source with this id exists. Rotate its secret instead.');
      }
      return [
        { type: 'webhook_source.registered', data: { sourceId, name } },
        { type: 'webhook_source.secret_added', data: { sourceId, credentialId, version: 1 } },
      ];
    }
    case 'rotate_webhook_secret': {
      if (source.status === 'none') return notFound();
      const version = source.active.length + source.retired.length + 1;
      const surplus = source.active.slice(0, source.active.length - (maxActiveSecrets - 1));
      return [
        { type: 'webhook_source.secret_added', data: { sourceId, credentialId: command.data.credentialId, version } },
        ...surplus.map((secret) => retirement(sourceId, secret)),
      ];
    }
    case 'retire_webhook_secret': {
      if (source.status === 'none') return notFound();
      const { version } = command.data;
      const secret = source.active.find((candidate) => candidate.version === version);
      if (secret) return [retirement(sourceId, secret)];
      if (source.retired.some((candidate) => candidate.version === version)) return [];
      return new Refusal('webhook_secret_not_found', `This source has no secret of version ${version}.`);
    }
    default:
      return unreachable(command);
  }
}

function evolve(source: WebhookSourceState, event: WebhookSourceEvent): WebhookSourceState {
  switch (event.type) {
    case 'webhook_source.registered':
      return { status: 'registered', name: event.data.name, active: [], retired: [] };
    case 'webhook_source.secret_added': {
      if (source.status === 'none') return source;
      const { credentialId, version } = event.data;
      return { ...source, active: [...source.active, { credentialId, version }] };
    }
    case 'webhook_source.secret_retired': {
      if (source.status === 'none') return source;
      const { credentialId, version } = event.data;
      return {
        ...source,
        active: source.active.filter((secret) => secret.version !== version),
        retired: [...source.retired, { credentialId, version }],
      };
    }
    default:
      return unreachable(event);
  }
}

function notFound(): Refusal<WebhookSourceRefusal> {
  return new Refusal('webhook_source_not_found', 'No webhook source has this id. GET /api/webhook-sources lists them.');
}

function retirement(sourceId: string, { credentialId, version }: SigningSecret): WebhookSourceEvent {
  return { type: 'webhook_source.secret_retired', data: { sourceId, credentialId, version } };
}
