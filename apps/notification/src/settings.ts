import addressparser from 'nodemailer/lib/addressparser';
import { EnvError, type EnvVariable, integer, oneOf, readEnv, secretKey, text, url } from '#libs/http/src/env.js';
import type { Mailbox } from './mail/mail-message.js';
import { type Network, networkOf } from './webhooks/address-guard.js';

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

export const WEBHOOK_SETTINGS = Symbol('webhook settings');

export interface WebhookSettings {
  /** Internal networks that webhooks may go to all the same. */
  readonly allowedNetworks: readonly Network[];
  /** Endpoints may be registered without encryption. */
  readonly allowHttp: boolean;
  /** For one attempt, which is left alone for so long and a little more when its process dies. */
  readonly timeoutMs: number;
}

/** @throws EnvError */
export function webhookSettings(): WebhookSettings {
  const { WEBHOOK_ALLOWED_NETWORKS, WEBHOOK_ALLOW_HTTP, WEBHOOK_TIMEOUT_SECONDS } = readEnv({
    WEBHOOK_ALLOWED_NETWORKS: networks(),
    WEBHOOK_ALLOW_HTTP: oneOf(['true', 'false'], { default: 'false' }),
    WEBHOOK_TIMEOUT_SECONDS: integer({ default: 15, min: 1, max: 25 }),
  });
  return {
    allowedNetworks: WEBHOOK_ALLOWED_NETWORKS,
    allowHttp: WEBHOOK_ALLOW_HTTP === 'true',
    timeoutMs: WEBHOOK_TIMEOUT_SECONDS * 1000,
  };
}

export const ALERT_SETTINGS = Symbol('alert settings');

export interface AlertSettings {
  /** Who is told by mail; none: nobody. */
  readonly operators: readonly Mailbox[];
  /** Incoming webhook of a Slack channel. A secret: whoever has it can post there. */
  readonly slackUrl: string | undefined;
  /** Base URL that operators reach. */
  readonly publicUrl: string;
}

/** @throws EnvError */
export function alertSettings(): AlertSettings {
  const { OPERATOR_MAIL, SLACK_WEBHOOK_URL, PUBLIC_URL, WEBHOOK_ALLOW_HTTP } = readEnv({
    OPERATOR_MAIL: mailboxes(),
    SLACK_WEBHOOK_URL: text({ default: '' }),
    PUBLIC_URL: url({ example: 'http://127.0.0.1:3000' }),
    WEBHOOK_ALLOW_HTTP: oneOf(['true', 'false'], { default: 'false' }),
  });
  const protocols = WEBHOOK_ALLOW_HTTP === 'true' ? ['https:', 'http:'] : ['https:'];
  const usable = URL.canParse(SLACK_WEBHOOK_URL) && protocols.includes(new URL(SLACK_WEBHOOK_URL).protocol);
  if (SLACK_WEBHOOK_URL !== '' && !usable) {
    const expected = "the https URL of a Slack channel's incoming webhook";
    throw new EnvError([`SLACK_WEBHOOK_URL is not usable. Set it to ${expected}.`]);
  }
  return { operators: OPERATOR_MAIL, slackUrl: SLACK_WEBHOOK_URL || undefined, publicUrl: PUBLIC_URL };
}

/** @throws EnvError */
export function encryptionKey(): Buffer {
  return readEnv({ ENCRYPTION_KEY: secretKey() }).ENCRYPTION_KEY;
}

function networks(): EnvVariable<readonly Network[]> {
  const parse = (value: string): readonly Network[] | undefined => {
    const parsed = value.split(',').map((entry) => networkOf(entry.trim()));
    return parsed.includes(undefined) ? undefined : parsed.filter((network) => network !== undefined);
  };
  return { expected: 'a comma-separated list of networks like 10.1.0.0/16, fd00::/8', parse, fallback: { value: [] } };
}

/** A group of addresses is none of them. */
function mailboxes(): EnvVariable<readonly Mailbox[]> {
  const parse = (value: string): readonly Mailbox[] | undefined => {
    const found = addressparser(value, { flatten: true });
    if (!found.every(({ address }) => address !== undefined && /^[^\s@]+@[^\s@]+$/.test(address))) return undefined;
    return found.map(({ name, address }) => ({ name: name ?? '', address: address ?? '' }));
  };
  const expected = 'a comma-separated list of mail addresses like ops@company.example, on-call@company.example';
  return { expected, parse, fallback: { value: [] } };
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
