import { expect, it, onTestFinished } from 'vitest';
import { startSmtpServer } from '#libs/testing/src/smtp-server.js';
import { mailServerHealth } from './mail-server-health.js';
import { SmtpSender } from './smtp-sender.js';

it('is well while the mail server greets', async () => {
  const server = await startSmtpServer();
  onTestFinished(() => server.stop());
  expect(await mailServerHealth(new SmtpSender(server.url))()).toEqual({ ok: true });
});

it('says why the mail server takes no mails', async () => {
  const server = await startSmtpServer();
  await server.stop();
  expect(await mailServerHealth(new SmtpSender(server.url))()).toEqual({
    ok: false,
    detail: { reason: 'The talk with the mail server broke (ECONNREFUSED).' },
  });
});

it('asks the mail server once for many who look', async () => {
  let asked = 0;
  const health = mailServerHealth({ greet: async () => void (asked += 1) });
  await Promise.all([health(), health()]);
  await health();
  expect(asked).toBe(1);
});
