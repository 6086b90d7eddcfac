import { describe, it } from 'vitest';
import type { WebhookEndpointEvent } from '#libs/events/src/notification.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  DisableWebhookEndpoint,
  EnableWebhookEndpoint,
  NoteWebhookOutcome,
  RegisterWebhookEndpoint,
  ReplayFailedWebhooks,
  RetireEndpointSecret,
  RotateEndpointSecret,
  webhookEndpointDecider,
} from './webhook-endpoint.decider.js';

const endpointId = 'e1';
const context = testContext();
const endpoint = { name: 'Sales CRM', url: 'https://crm.example/hooks' };
const since = '2026-01-05T09:00:00.000Z';
const after = (hours: number) => new Date(Date.parse(since) + hours * 3_600_000).toISOString();

const secret = (version: number) => ({ endpointId, credentialId: `credential-${version}`, version });
const registered: WebhookEndpointEvent = { type: 'webhook_endpoint.registered', data: { endpointId, ...endpoint } };
const added = (version: number): WebhookEndpointEvent => ({
  type: 'webhook_endpoint.secret_added',
  data: secret(version),
});
const retired = (version: number): WebhookEndpointEvent => ({
  type: 'webhook_endpoint.secret_retired',
  data: secret(version),
});
const failing: WebhookEndpointEvent = { type: 'webhook_endpoint.failing_began', data: { endpointId, since } };
const recovered: WebhookEndpointEvent = { type: 'webhook_endpoint.recovered', data: { endpointId } };
const enabled: WebhookEndpointEvent = { type: 'webhook_endpoint.enabled', data: { endpointId } };
const disabled = (cause: 'by_hand' | 'gone' | 'failing', reason: string): WebhookEndpointEvent => ({
  type: 'webhook_endpoint.disabled',
  data: { endpointId, cause, reason },
});
const byHand = disabled('by_hand', 'It was disabled by hand.');
const existing = [registered, added(1)];

describe('an endpoint', () => {
  const register = (events?: readonly string[]) =>
    new RegisterWebhookEndpoint(
      endpointId,
      { ...endpoint, ...(events && { events }), credentialId: 'credential-1' },
      context,
    );

  it('is registered with its first secret, for all events or some', () => {
    given(webhookEndpointDecider).when(register()).then(registered, added(1));
    given(webhookEndpointDecider)
      .when(register(['environment.ready']))
      .then(
        { type: 'webhook_endpoint.registered', data: { endpointId, ...endpoint, events: ['environment.ready'] } },
        added(1),
      );
  });

  it('is registered once', () => {
    given(webhookEndpointDecider, ...existing)
      .when(register())
      .thenRefused('webhook_endpoint_exists');
  });

  it.each([
    new RotateEndpointSecret(endpointId, { credentialId: 'credential-2' }, context),
    new RetireEndpointSecret(endpointId, { version: 1 }, context),
    new DisableWebhookEndpoint(endpointId, {}, context),
    new EnableWebhookEndpoint(endpointId, {}, context),
    new ReplayFailedWebhooks(endpointId, { since }, context),
  ])('that nobody registered refuses $type', (command) => {
    given(webhookEndpointDecider).when(command).thenRefused('webhook_endpoint_not_found');
  });
});

describe('its secrets', () => {
  const rotate = (version: number) =>
    new RotateEndpointSecret(endpointId, { credentialId: `credential-${version}` }, context);
  const retire = (version: number) => new RetireEndpointSecret(endpointId, { version }, context);

  it('are two at most', () => {
    given(webhookEndpointDecider, ...existing)
      .when(rotate(2))
      .then(added(2));
    given(webhookEndpointDecider, ...existing, added(2))
      .when(rotate(3))
      .then(added(3), retired(1));
  });

  it('are retired by version, and never the last one', () => {
    given(webhookEndpointDecider, ...existing, added(2))
      .when(retire(1))
      .then(retired(1));
    given(webhookEndpointDecider, ...existing, added(2), retired(1))
      .when(retire(1))
      .thenNothing();
    given(webhookEndpointDecider, ...existing, added(2), retired(1))
      .when(retire(2))
      .thenRefused('last_endpoint_secret');
    given(webhookEndpointDecider, ...existing)
      .when(retire(7))
      .thenRefused('endpoint_secret_not_found');
  });
});

describe('disabling and enabling', () => {
  const disable = new DisableWebhookEndpoint(endpointId, {}, context);
  const enable = new EnableWebhookEndpoint(endpointId, {}, context);

  it('change the endpoint once', () => {
    given(webhookEndpointDecider, ...existing)
      .when(disable)
      .then(byHand);
    given(webhookEndpointDecider, ...existing, byHand)
      .when(disable)
      .thenNothing();
    given(webhookEndpointDecider, ...existing, byHand)
      .when(enable)
      .then(enabled);
    given(webhookEndpointDecider, ...existing)
      .when(enable)
      .thenNothing();
  });

  it('decide whether what it missed can be asked for', () => {
    const replay = new ReplayFailedWebhooks(endpointId, { since }, context);
    given(webhookEndpointDecider, ...existing, byHand)
      .when(replay)
      .thenRefused('webhook_endpoint_disabled');
    given(webhookEndpointDecider, ...existing, byHand, enabled)
      .when(replay)
      .then({ type: 'webhook_endpoint.replay_requested', data: { endpointId, since } });
  });
});

describe('how it takes webhooks', () => {
  const noted = (accepted: boolean, at = since, status = accepted ? 204 : 503) =>
    new NoteWebhookOutcome(endpointId, { accepted, status, at }, context);

  it('is noted only where it changes', () => {
    given(webhookEndpointDecider, ...existing)
      .when(noted(true))
      .thenNothing();
    given(webhookEndpointDecider, ...existing)
      .when(noted(false))
      .then(failing);
    given(webhookEndpointDecider, ...existing, failing)
      .when(noted(false, after(119.9)))
      .thenNothing();
    given(webhookEndpointDecider, ...existing, failing)
      .when(noted(true, after(1)))
      .then(recovered);
  });

  it('disables it after 120 hours of failures alone', () => {
    given(webhookEndpointDecider, ...existing, failing)
      .when(noted(false, after(120)))
      .then(disabled('failing', `It has taken no webhook since ${since}.`));
    given(webhookEndpointDecider, ...existing, failing, recovered)
      .when(noted(false, after(120)))
      .then({ type: 'webhook_endpoint.failing_began', data: { endpointId, since: after(120) } });
  });

  it('disables it at once when it is gone', () => {
    given(webhookEndpointDecider, ...existing)
      .when(noted(false, since, 410))
      .then(disabled('gone', 'The endpoint answered 410: it is gone for good.'));
  });

  it('is of no interest while it is disabled, and forgotten when it is enabled', () => {
    given(webhookEndpointDecider, ...existing, byHand)
      .when(noted(false, since, 410))
      .thenNothing();
    given(webhookEndpointDecider, ...existing, failing, byHand, enabled)
      .when(noted(false, after(120)))
      .then({ type: 'webhook_endpoint.failing_began', data: { endpointId, since: after(120) } });
  });
});
