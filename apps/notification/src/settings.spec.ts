import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertSettings, mailSettings, serviceClient, smtpUrl, webhookSettings } from './settings.js';

beforeEach(() => {
  for (const name of [
    'OPERATOR_MAIL',
    'SLACK_WEBHOOK_URL',
    'WEBHOOK_ALLOW_HTTP',
    'MAIL_FROM',
    'SUPPORT_CONTACT',
    'SMTP_URL',
    'PUBLIC_URL',
    'SERVICE_CLIENT_ID',
  ]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('SERVICE_CLIENT_SECRET', undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe('settings', () => {
  it('have a sender and a support contact by default', () => {
    expect(mailSettings()).toEqual({
      from: { name: 'Keiyaku', address: 'no-reply@keiyaku.example' },
      supportContact: 'support@keiyaku.example',
    });
  });

  it.each([
    ['環境チーム <env@example.jp>', { name: '環境チーム', address: 'env@example.jp' }],
    ['env@example.jp', { name: '', address: 'env@example.jp' }],
  ])('take %s as the sender', (value, from) => {
    vi.stubEnv('MAIL_FROM', value);
    expect(mailSettings().from).toEqual(from);
  });

  it.each(['Keiyaku', 'a@example.jp, b@example.jp', 'Team: a@example.jp, b@example.jp;'])(
    'refuse %s as the sender',
    (value) => {
      vi.stubEnv('MAIL_FROM', value);
      expect(() => mailSettings()).toThrow(
        'MAIL_FROM is not usable. Set it to one sender like Keiyaku <no-reply@keiyaku.example>.',
      );
    },
  );

  it('say what is missing', () => {
    expect(() => smtpUrl()).toThrow('SMTP_URL is not set. Set it to a URL like smtp://127.0.0.1:1025.');
    expect(() => serviceClient()).toThrow('SERVICE_CLIENT_SECRET is not set.');
  });

  it.each(['http://127.0.0.1:1025', 'mail.example:25', 'smtp://'])('refuse %s as the mail server', (value) => {
    vi.stubEnv('SMTP_URL', value);
    expect(() => smtpUrl()).toThrow('SMTP_URL is not usable. Set it to a URL like smtp://127.0.0.1:1025.');
  });
});

describe('settings of webhooks', () => {
  it('let nothing internal and nothing unencrypted pass by default', () => {
    expect(webhookSettings()).toEqual({ allowedNetworks: [], allowHttp: false, timeoutMs: 15_000 });
  });

  it('name networks that are allowed', () => {
    vi.stubEnv('WEBHOOK_ALLOWED_NETWORKS', '10.1.0.0/16, ::1');
    expect(webhookSettings().allowedNetworks).toEqual([
      { address: '10.1.0.0', prefix: 16, family: 'ipv4' },
      { address: '::1', prefix: 128, family: 'ipv6' },
    ]);
  });

  it.each([
    [
      'WEBHOOK_ALLOWED_NETWORKS',
      '10.0.0.0/8,crm.example',
      'a comma-separated list of networks like 10.1.0.0/16, fd00::/8',
    ],
    ['WEBHOOK_ALLOW_HTTP', 'yes', 'one of true, false'],
    ['WEBHOOK_TIMEOUT_SECONDS', '60', 'a whole number from 1 to 25'],
  ])('refuse %s=%s', (name, value, expected) => {
    vi.stubEnv(name, value);
    expect(() => webhookSettings()).toThrow(`${name} is not usable. Set it to ${expected}.`);
  });
});

describe('settings of alerts', () => {
  beforeEach(() => vi.stubEnv('PUBLIC_URL', 'http://127.0.0.1:3000'));

  it('tell nobody by default', () => {
    expect(alertSettings()).toEqual({ operators: [], slackUrl: undefined, publicUrl: 'http://127.0.0.1:3000' });
  });

  it('name operators and a Slack channel', () => {
    vi.stubEnv('OPERATOR_MAIL', 'On call <on-call@company.example>, ops@company.example');
    vi.stubEnv('SLACK_WEBHOOK_URL', 'https://hooks.slack.example/services/T0/B0/hush');
    expect(alertSettings()).toMatchObject({
      operators: [
        { name: 'On call', address: 'on-call@company.example' },
        { name: '', address: 'ops@company.example' },
      ],
      slackUrl: 'https://hooks.slack.example/services/T0/B0/hush',
    });
  });

  it.each([
    [
      'OPERATOR_MAIL',
      'ops',
      'a comma-separated list of mail addresses like ops@company.example, on-call@company.example',
    ],
    ['SLACK_WEBHOOK_URL', 'http://hooks.slack.example/hush', "the https URL of a Slack channel's incoming webhook"],
    ['SLACK_WEBHOOK_URL', 'T0/B0/hush', "the https URL of a Slack channel's incoming webhook"],
  ])('refuse %s=%s, and do not repeat it', (name, value, expected) => {
    vi.stubEnv(name, value);
    expect(() => alertSettings()).toThrow(`${name} is not usable. Set it to ${expected}.`);
  });
});
