import { describe, it } from 'vitest';
import type { WebhookSourceEvent } from '#libs/events/src/contract.js';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  RegisterWebhookSource,
  RetireWebhookSecret,
  RotateWebhookSecret,
  webhookSourceDecider,
} from './webhook-source.decider.js';

const sourceId = 's1';
const context = testContext();

const registered: WebhookSourceEvent = { type: 'webhook_source.registered', data: { sourceId, name: 'Sales CRM' } };

function secret(version: number) {
  return { sourceId, credentialId: `credential-${version}`, version };
}

function added(version: number): WebhookSourceEvent {
  return { type: 'webhook_source.secret_added', data: secret(version) };
}

function retired(version: number): WebhookSourceEvent {
  return { type: 'webhook_source.secret_retired', data: secret(version) };
}

describe('a webhook source', () => {
  const register = new RegisterWebhookSource(sourceId, { name: 'Sales CRM', credentialId: 'credential-1' }, context);

  it('is registered with its first secret', () => {
    given(webhookSourceDecider).when(register).then(registered, added(1));
  });

  it('is registered once', () => {
    given(webhookSourceDecider, registered, added(1)).when(register).thenRefused('webhook_source_exists');
  });
});

describe('rotation', () => {
  const rotate = (version: number) =>
    new RotateWebhookSecret(sourceId, { credentialId: `credential-${version}` }, context);

  it('keeps the secret before', () => {
    given(webhookSourceDecider, registered, added(1)).when(rotate(2)).then(added(2));
  });

  it('retires the oldest of three', () => {
    given(webhookSourceDecider, registered, added(1), added(2)).when(rotate(3)).then(added(3), retired(1));
  });

  it('counts versions on after a retirement', () => {
    given(webhookSourceDecider, registered, added(1), added(2), retired(2)).when(rotate(3)).then(added(3));
  });

  it('gives a source without secrets one again', () => {
    given(webhookSourceDecider, registered, added(1), retired(1)).when(rotate(2)).then(added(2));
  });

  it('is refused for a source that does not exist', () => {
    given(webhookSourceDecider).when(rotate(2)).thenRefused('webhook_source_not_found');
  });
});

describe('retiring a secret', () => {
  const retire = (version: number) => new RetireWebhookSecret(sourceId, { version }, context);

  it('takes it out of use', () => {
    given(webhookSourceDecider, registered, added(1), added(2)).when(retire(1)).then(retired(1));
  });

  it('changes nothing the second time', () => {
    given(webhookSourceDecider, registered, added(1), retired(1)).when(retire(1)).thenNothing();
  });

  it('is refused for a version that never was', () => {
    given(webhookSourceDecider, registered, added(1)).when(retire(2)).thenRefused('webhook_secret_not_found');
  });

  it('is refused for a source that does not exist', () => {
    given(webhookSourceDecider).when(retire(1)).thenRefused('webhook_source_not_found');
  });
});
