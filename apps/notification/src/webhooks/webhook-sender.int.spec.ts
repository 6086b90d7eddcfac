import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '#libs/testing/src/webhook-receiver.js';
import { newSigningSecret } from '#libs/webhooks/src/standard-webhook.js';
import { SendFailed } from '../attempt-deliveries/outgoing.js';
import { AddressGuard, networkOf } from './address-guard.js';
import { WebhookSender } from './webhook-sender.js';

const here = [networkOf('127.0.0.1')!];
const sender = new WebhookSender(new AddressGuard(here), 500);
const secrets = [newSigningSecret()];
const message = { id: 'msg-1', body: Buffer.from('{"eventType":"spec"}'), secrets };
let receiver: WebhookReceiver;

beforeEach(async () => {
  receiver = await startWebhookReceiver();
  return () => receiver.stop();
});

async function failure(url: string, with_ = sender): Promise<SendFailed> {
  const error: unknown = await with_.send({ ...message, url }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SendFailed);
  return error as SendFailed;
}

/** Says what it is given to whoever connects, whatever they want. */
const speaking = (text: string): Promise<string> => answering((socket) => socket.write(text));

/** A server that knows no HTTP. */
async function answering(answer: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('a webhook', () => {
  it('is posted with a signature that fits its bytes', async () => {
    expect(await sender.send({ ...message, url: receiver.url })).toEqual({
      status: 204,
      durationMs: expect.any(Number),
    });
    const [webhook] = receiver.received;
    expect(webhook!.raw).toEqual(message.body);
    expect(webhook!.id).toBe('msg-1');
    expect(receiver.verifies(webhook!, secrets[0]!)).toBe(true);
  });

  it('is taken as soon as a status of 2xx came, whatever follows it', async () => {
    const url = await speaking('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nbeginning');
    expect(await sender.send({ ...message, url })).toMatchObject({ status: 200 });
  });
});

describe('a webhook is not taken', () => {
  it.each([301, 302, 307, 308])('by an answer of %i, and the redirect is not followed', async (status) => {
    const other = await startWebhookReceiver();
    onTestFinished(() => other.stop());
    receiver.mood = { status, headers: { location: other.url } };
    const { message: reason, outcome, details } = await failure(receiver.url);
    expect(reason).toBe(
      `The endpoint answered ${status}. Redirects are not followed: register the address that it leads to.`,
    );
    expect({ outcome, final: details.final }).toEqual({ outcome: 'not_sent', final: false });
    expect(other.received).toEqual([]);
  });

  it('by an answer that asks to wait', async () => {
    receiver.mood = { status: 429, headers: { 'retry-after': '120' }, body: 'slow down' };
    const { message: reason, details } = await failure(receiver.url);
    expect(reason).toBe('The endpoint answered 429: it gets more than it can take.');
    expect(details.answer).toMatchObject({ status: 429, retryAfterMs: 120_000, excerpt: 'slow down' });
  });

  it('by an endpoint that is gone for good', async () => {
    receiver.mood = { status: 410 };
    expect((await failure(receiver.url)).details.final).toBe(true);
  });

  it('by an answer without end, of which a beginning is read', async () => {
    receiver.mood = { status: 500, body: 'no '.repeat(1_000_000) };
    const { details } = await failure(receiver.url);
    expect(details.answer?.excerpt).toHaveLength(200);
  });

  it('when the rest of a refusal never comes', async () => {
    const url = await speaking('HTTP/1.1 503 Busy\r\ncontent-length: 1000\r\n\r\nbusy');
    expect((await failure(url)).details.answer).toMatchObject({ status: 503, excerpt: 'busy' });
  });

  it('when nobody answers in time, and it may have been got', async () => {
    receiver.mood = 'hang';
    const { message: reason, outcome, details } = await failure(receiver.url);
    expect({ reason, outcome }).toEqual({ reason: 'There was no answer within 0.5 s.', outcome: 'unknown' });
    expect(details.answer).toMatchObject({ timedOut: true });
  });

  it('when the connection breaks, and it may have been got', async () => {
    receiver.mood = 'drop';
    expect(await failure(receiver.url)).toMatchObject({
      message: 'The connection broke before an answer came.',
      outcome: 'unknown',
    });
  });

  it.each([
    ['closes the connection', (socket: Socket) => socket.end()],
    [
      'changes to another protocol',
      (socket: Socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    ],
  ])('when the endpoint %s in place of an answer, and it may have been got', async (_what, answer) => {
    const { message: reason, outcome, details } = await failure(await answering(answer));
    expect({ reason, outcome }).toEqual({ reason: 'The connection broke before an answer came.', outcome: 'unknown' });
    expect(details.answer).not.toHaveProperty('timedOut');
  });

  it('when nobody listens', async () => {
    await receiver.stop();
    expect(await failure(receiver.url)).toMatchObject({
      message: 'The connection was refused: nothing listens at that port.',
      outcome: 'not_sent',
    });
  });

  it('when what answers speaks no HTTP', async () => {
    expect(await failure(await speaking('220 mail.example ESMTP\r\n'))).toMatchObject({
      message: 'The connection failed (HPE_INVALID_CONSTANT).',
      outcome: 'unknown',
    });
  });

  it('over https by a server that speaks plain text', async () => {
    const { message: reason, outcome } = await failure(receiver.url.replace('http:', 'https:'));
    expect(reason).toMatch(/^No safe connection: .* \(EPROTO\)/);
    expect(outcome).toBe('not_sent');
    expect(receiver.received).toEqual([]);
  });
});

describe('a webhook does not leave', () => {
  const strict = new WebhookSender(new AddressGuard([]), 2_000);

  it('to an address of this machine', async () => {
    const { message: reason, outcome } = await failure(receiver.url, strict);
    expect(reason).toBe(
      '127.0.0.1 is an address of this machine. Nothing is sent there unless WEBHOOK_ALLOWED_NETWORKS names it.',
    );
    expect(outcome).toBe('not_sent');
    expect(receiver.received).toEqual([]);
  });

  it('to a name that leads to this machine', async () => {
    const { message: reason } = await failure(receiver.url.replace('127.0.0.1', 'localhost'), strict);
    expect(reason).toMatch(/^localhost leads to (127\.0\.0\.1|::1), which is an address of this machine\./);
    expect(receiver.received).toEqual([]);
  });
});
