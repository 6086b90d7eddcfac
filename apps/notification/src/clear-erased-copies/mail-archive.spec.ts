import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { MailArchive } from './mail-archive.js';

const mail = (messageId: string, body = 'Hello') =>
  `From: a@keiyaku.example\r\nMessage-ID: <${messageId}>\r\nSubject: Ready\r\n\r\n${body}\r\n`;

it('deletes every copy of a message and nothing else', async () => {
  const folder = temporaryFolder();
  const files = {
    '1.eml': mail('erased@keiyaku.example'),
    '2.eml': mail('other@keiyaku.example', 'Message-ID: <erased@keiyaku.example>'),
    '3.eml': mail('erased@keiyaku.example'),
    '4.eml': 'no headers at all',
    'note.txt': mail('erased@keiyaku.example'),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);

  await new MailArchive(folder).remove(new Set(['<erased@keiyaku.example>']));
  expect(readdirSync(folder).toSorted()).toEqual(['2.eml', '4.eml', 'note.txt']);
  await new MailArchive(folder).remove(new Set(['<erased@keiyaku.example>']));
  expect(readdirSync(folder)).toHaveLength(3);
});

it('has nothing to do where nobody keeps mails', async () => {
  const nothing = new MailArchive(undefined).remove(new Set(['<erased@keiyaku.example>']));
  await expect(nothing).resolves.toBeUndefined();
});

it('says when the folder is gone, so that no certificate is given for it', async () => {
  const archive = new MailArchive(join(temporaryFolder(), 'missing'));
  await expect(archive.remove(new Set(['<erased@keiyaku.example>']))).rejects.toThrow('ENOENT');
});
