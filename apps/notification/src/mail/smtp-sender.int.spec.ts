import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SmtpMood, startSmtpServer, type TestSmtpServerOptions } from '#libs/testing/src/smtp-server.js';
import { SendFailed } from '../attempt-deliveries/outgoing.js';
import { SmtpSender } from './smtp-sender.js';

const message = Buffer.from('Subject: Hello\r\n\r\n.A line that begins with a dot\r\n');
const [from, to] = ['no-reply@keiyaku.example', 'info@abc-corp.example'] as const;
const impatient = { answerMs: 200, totalMs: 5_000 };

async function smtpServer(mood: SmtpMood = 'accept', options: TestSmtpServerOptions = {}) {
  const server = await startSmtpServer(options);
  onTestFinished(() => server.stop());
  server.mood = mood;
  return server;
}

async function failure(sending: Promise<void>): Promise<SendFailed> {
  const error: unknown = await sending.then(() => undefined).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SendFailed);
  return error as SendFailed;
}

it('hands the message over as it is', async () => {
  const server = await smtpServer();
  await new SmtpSender(server.url).send(from, to, message);
  expect(server.mails).toEqual([{ from, to: [to], raw: message }]);
});

it('signs in with what the URL says', async () => {
  const server = await smtpServer('accept', { auth: { user: 'keiyaku', pass: 'p@ss' } });
  const url = (password: string) => `smtp://keiyaku:${password}@127.0.0.1:${server.port}`;
  await new SmtpSender(url('p%40ss')).send(from, to, message);
  const { outcome, message: reason } = await failure(new SmtpSender(url('wrong')).send(from, to, message));
  expect(outcome).toBe('not_sent');
  expect(reason).toBe('The mail server answered 535 to AUTH PLAIN.');
  expect(server.mails).toHaveLength(1);
});

describe('is certain that nothing was sent when the server', () => {
  it.each<[SmtpMood, string]>([
    ['refuse-recipient', 'The mail server answered 550 to RCPT TO.'],
    ['refuse-message', 'The mail server answered 451 to DATA.'],
    ['drop-early', 'The talk with the mail server broke (ECONNECTION).'],
  ])('behaves like this: %s', async (mood, reason) => {
    const server = await smtpServer(mood);
    const error = await failure(new SmtpSender(server.url).send(from, to, message));
    expect(error.outcome).toBe('not_sent');
    expect(error.message).toBe(reason);
  });

  it('is not there', async () => {
    const server = await smtpServer();
    await server.stop();
    const error = await failure(new SmtpSender(server.url).send(from, to, message));
    expect(error.outcome).toBe('not_sent');
    expect(error.message).toBe('The talk with the mail server broke (ECONNREFUSED).');
  });

  it('never greets', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const error = await failure(new SmtpSender(`smtp://127.0.0.1:${port}`, impatient).send(from, to, message));
    expect(error.outcome).toBe('not_sent');
  });
});

describe('does not know whether the message arrived when the server', () => {
  it('closes the connection after it', async () => {
    const server = await smtpServer('drop');
    expect((await failure(new SmtpSender(server.url).send(from, to, message))).outcome).toBe('unknown');
    expect(server.mails).toHaveLength(1);
  });

  it('says nothing after it', async () => {
    const server = await smtpServer('hang');
    expect((await failure(new SmtpSender(server.url, impatient).send(from, to, message))).outcome).toBe('unknown');
  });

  it('takes longer than the whole talk may', async () => {
    const server = await smtpServer('hang');
    const sender = new SmtpSender(server.url, { answerMs: 60_000, totalMs: 300 });
    const error = await failure(sender.send(from, to, message));
    expect(error.outcome).toBe('unknown');
    expect(error.message).toBe('The mail server took too long.');
  });
});
