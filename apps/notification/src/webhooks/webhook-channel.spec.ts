import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import { CannotPrepare } from '../attempt-deliveries/outgoing.js';
import type { WebhookEndpointState } from '../domain/webhook-endpoint.js';
import { abcWebhook } from '../spec-delivery.js';
import { WebhookChannel } from './webhook-channel.js';
import type { WebhookSender } from './webhook-sender.js';

const endpoint: WebhookEndpointState = {
  status: 'enabled',
  name: 'CRM',
  url: 'https://crm.example/hooks',
  active: [{ credentialId: 'c1', version: 1 }],
  retired: [],
};

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new Logger()));

/** What preparing a webhook ends with. */
async function prepared(open: () => Promise<string[]>): Promise<unknown> {
  const aggregates = { load: async () => endpoint } as unknown as Aggregates;
  const channel = new WebhookChannel(aggregates, { open } as unknown as WebhookCredentials, {} as WebhookSender);
  return channel.prepare(abcWebhook).catch((error: unknown) => error);
}

it('a database that is away is no news about the secret of an endpoint', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  expect(await prepared(() => Promise.reject(away))).toBe(away);
});

it.each([
  ['is gone', () => Promise.resolve([])],
  ['does not open', () => Promise.reject(new Error('Unsupported state or unable to authenticate data'))],
])('a secret that %s is to be rotated', async (_what, open) => {
  const error = await prepared(open);
  expect(error).toBeInstanceOf(CannotPrepare);
  expect(error).toMatchObject({
    message: 'The signing secret of the endpoint can not be read. When this stays, rotate it.',
    final: false,
  });
});
