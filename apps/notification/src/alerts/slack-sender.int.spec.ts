import { beforeEach, expect, it } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '#libs/testing/src/webhook-receiver.js';
import { SendFailed } from '../attempt-deliveries/outgoing.js';
import { AddressGuard, networkOf } from '../webhooks/address-guard.js';
import { SlackSender } from './slack-sender.js';

let slack: WebhookReceiver;

beforeEach(async () => {
  slack = await startWebhookReceiver();
  return () => slack.stop();
});

const sender = (allowed = ['127.0.0.1']) =>
  new SlackSender(`${slack.url}/hush`, new AddressGuard(allowed.map((text) => networkOf(text)!)), 500);

async function failure(sending: Promise<unknown>): Promise<SendFailed> {
  const error: unknown = await sending.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SendFailed);
  expect((error as SendFailed).message).not.toContain('hush');
  return error as SendFailed;
}

it('posts the text', async () => {
  slack.mood = { status: 200, body: 'ok' };
  expect(await sender().send('Hello')).toMatchObject({ status: 200 });
  expect(slack.received.map(({ raw }) => raw.toString())).toEqual(['{"text":"Hello"}']);
});

it.each([
  [404, 'no_service', 'Slack answered 404 (no_service). When this stays, make a new incoming webhook and set '],
  [400, 'https://evil.example', 'Slack answered 400. When this stays, make a new incoming webhook and set '],
  [302, '', 'Slack answered 302. When this stays, make a new incoming webhook and set SLACK_WEBHOOK_URL.'],
  [503, 'rollup_error', 'Slack answered 503 (rollup_error).'],
])('says that Slack answered %i %s', async (status, body, reason) => {
  slack.mood = { status, body, headers: { location: 'http://127.0.0.1:1/elsewhere' } };
  const { outcome, message } = await failure(sender().send('Hello'));
  expect([outcome, message.slice(0, reason.length)]).toEqual(['not_sent', reason]);
});

it('knows how long Slack wants to be left alone', async () => {
  slack.mood = { status: 429, headers: { 'retry-after': '30' } };
  expect((await failure(sender().send('Hello'))).details.answer).toMatchObject({ status: 429, retryAfterMs: 30_000 });
});

it('does not know whether Slack took what it did not answer', async () => {
  slack.mood = 'drop';
  expect((await failure(sender().send('Hello'))).outcome).toBe('unknown');
});

it('posts nothing into internal networks', async () => {
  const { outcome, message } = await failure(sender([]).send('Hello'));
  expect(outcome).toBe('not_sent');
  expect(message).toBe(
    '127.0.0.1 is an address of this machine. Nothing is sent there unless WEBHOOK_ALLOWED_NETWORKS names it.',
  );
  expect(slack.received).toEqual([]);
});
