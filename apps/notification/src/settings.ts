import addressparser from 'nodemailer/lib/addressparser';
import { type EnvVariable, readEnv, text, url } from '#libs/http/src/env.js';
import type { Mailbox } from './mail/mail-message.js';

export interface MailSettings {
  readonly from: Mailbox;
  readonly supportContact: string;
}

/** @throws EnvError */
export function mailSettings(): MailSettings {
  const { MAIL_FROM, SUPPORT_CONTACT } = readEnv({
    MAIL_FROM: mailbox('Keiyaku <no-reply@keiyaku.example>'),
    SUPPORT_CONTACT: text({ default: 'support@keiyaku.example' }),
  });
  return { from: MAIL_FROM, supportContact: SUPPORT_CONTACT };
}

/** @throws EnvError */
export function smtpUrl(): string {
  const variable = url({ example: 'smtp://127.0.0.1:1025' });
  const parse = (value: string): string | undefined =>
    /^smtps?:\/\/([^@/]+@)?[^@/]/.test(value) ? variable.parse(value) : undefined;
  return readEnv({ SMTP_URL: { ...variable, parse } }).SMTP_URL;
}

/** The folder with a copy of every mail, one `.eml` file each; undefined where nobody keeps any. */
export function mailArchiveDir(): string | undefined {
  return readEnv({ MAIL_ARCHIVE_DIR: text({ default: '' }) }).MAIL_ARCHIVE_DIR || undefined;
}

/** @throws EnvError */
export function serviceClient() {
  const { PUBLIC_URL, SERVICE_CLIENT_ID, SERVICE_CLIENT_SECRET } = readEnv({
    PUBLIC_URL: url({ example: 'http://127.0.0.1:3000' }),
    SERVICE_CLIENT_ID: text({ expected: "the id of this process's machine client" }),
    SERVICE_CLIENT_SECRET: text({ expected: "the secret of this process's machine client" }),
  });
  return { publicUrl: PUBLIC_URL, clientId: SERVICE_CLIENT_ID, clientSecret: SERVICE_CLIENT_SECRET };
}

function mailbox(fallback: string): EnvVariable<Mailbox> {
  const parse = (value: string): Mailbox | undefined => {
    const [first, ...more] = addressparser(value, { flatten: true });
    if (!first?.address?.includes('@') || more.length > 0) return undefined;
    return { name: first.name ?? '', address: first.address };
  };
  const value = parse(fallback);
  return { expected: `one sender like ${fallback}`, parse, ...(value && { fallback: { value } }) };
}
