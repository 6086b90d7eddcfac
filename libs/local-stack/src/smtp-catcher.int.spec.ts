import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createTransport } from 'nodemailer';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { MAX_MAIL_BYTES, createSmtpCatcher } from './smtp-catcher.js';

async function startCatcher(): Promise<{ folder: string; port: number }> {
  const folder = join(temporaryFolder(), 'mails');
  const catcher = createSmtpCatcher(folder);
  onTestFinished(() => new Promise<void>((resolve) => catcher.close(resolve)));
  const listener = catcher.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return { folder, port: (listener.address() as AddressInfo).port };
}

/** Speaks SMTP byte by byte: what nodemailer would put right on the way must arrive as it was sent. */
async function sendRaw(port: number, mail: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => String((await answers.next()).value);
  await answer();
  for (const command of ['HELO client', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA']) {
    socket.write(`${command}\r\n`);
    await answer();
  }
  socket.write(`${mail}\r\n.\r\n`);
  return answer();
}

it('has stored exactly the bytes of the mail when it answers 250', async () => {
  const { folder, port } = await startCatcher();
  const mail = 'Message-ID: <1@example.com>\r\nSubject: 契約\r\n\r\n..a line with a dot\r\n\r\nlast  ';
  expect(await sendRaw(port, mail)).toMatch(/^250 /);
  const [file, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  expect(readFileSync(join(folder, file!), 'utf8')).toBe(`${mail.replace('..a', '.a')}\r\n`);
});

it('names files so that they sort by time and a repeated Message-ID shows', async () => {
  const { folder, port } = await startCatcher();
  const transport = createTransport(`smtp://127.0.0.1:${port}`);
  onTestFinished(() => transport.close());
  const mail = { from: 'a@example.com', to: 'b@example.com', messageId: '<same@example.com>' };
  await transport.sendMail({ ...mail, text: 'first' });
  await transport.sendMail({ ...mail, text: 'second' });
  await transport.sendMail({ ...mail, text: 'third', messageId: '<other@example.com>' });

  const files = readdirSync(folder).toSorted();
  expect(files.map((file) => /first|second|third/.exec(readFileSync(join(folder, file), 'utf8'))?.[0])).toEqual([
    'first',
    'second',
    'third',
  ]);
  const endings = files.map((file) => file.split('-')[1]);
  expect(endings[0]).toBe(endings[1]);
  expect(endings[2]).not.toBe(endings[0]);
});

it('refuses a mail that is too large and stores nothing of it', async () => {
  const { folder, port } = await startCatcher();
  const line = `${'x'.repeat(1022)}\r\n`;
  expect(await sendRaw(port, line.repeat(MAX_MAIL_BYTES / 1024 + 1))).toMatch(/^552 .*send a smaller one/);
  expect(readdirSync(folder)).toEqual([]);
});

it('asks for another try when it cannot store the mail', async () => {
  const { folder, port } = await startCatcher();
  rmSync(folder, { recursive: true });
  expect(await sendRaw(port, 'Subject: lost\r\n\r\ntext')).toMatch(/^451 .*try again later/);
});

it('removes what an earlier process left half written', () => {
  const folder = join(temporaryFolder(), 'mails');
  mkdirSync(folder);
  writeFileSync(join(folder, 'x.eml.unfinished'), 'half');
  writeFileSync(join(folder, 'x.eml'), 'whole');
  createSmtpCatcher(folder);
  expect(readdirSync(folder)).toEqual(['x.eml']);
});
