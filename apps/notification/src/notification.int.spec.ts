import PostalMime from 'postal-mime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import type { DeliveryEvent } from '#libs/events/src/notification.js';
import type { CredentialLinksServer } from '#libs/testing/src/credential-links-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { startSmtpServer, type TestSmtpServer } from '#libs/testing/src/smtp-server.js';
import type { TestApp } from '#libs/testing/src/test-app.js';
import { startWebhookReceiver, type WebhookReceiver } from '#libs/testing/src/webhook-receiver.js';
import type { OperatorAlertPage, OperatorAlertView } from './alert-list/alert-list.dto.js';
import { DeliveryRunner } from './attempt-deliveries/delivery-runner.js';
import { abcDelivery } from './spec-delivery.js';
import { abcEnvironment } from './spec-environment.js';
import { startNotification } from './spec-notification.js';

let app: TestApp;
let smtp: TestSmtpServer;
let provisioning: CredentialLinksServer;
let slack: WebhookReceiver;
const logged: string[] = [];
const slackToken = 'hush-hush-slack';

beforeAll(async () => {
  const stream = { write: (line: string) => void logged.push(line) };
  slack = await startWebhookReceiver();
  const env = {
    OPERATOR_MAIL: 'On call <on-call@keiyaku.example>, ops@keiyaku.example',
    SLACK_WEBHOOK_URL: `${slack.url}/T0/B0/${slackToken}`,
  };
  ({ app, smtp, provisioning } = await startNotification({ logger: { level: 'debug', stream }, env }));
}, 60_000);

afterAll(async () => {
  await app?.close();
  await Promise.all([smtp?.stop(), provisioning?.stop(), slack?.stop()]);
});

beforeEach(() => {
  smtp.mood = 'accept';
  slack.mood = { status: 200, body: 'ok' };
  provisioning.status = 201;
});

/** A customer of its own for each test: mails are told apart by the recipient. */
function customer() {
  const environmentId = freshId();
  const email = `info@${environmentId}.example`;
  return {
    environmentId,
    email,
    deliveryId: stableId('delivery', environmentId, 'environment_ready'),
    mails: () => smtp.mails.filter(({ to }) => to.includes(email)),
  };
}

async function append(stream: string, after: number, ...events: { type: string; data: object }[]): Promise<void> {
  const { commandId: _, ...context } = testContext();
  const metadata = { ...context, occurredAt: new Date().toISOString(), commandId: freshId(), schemaVersion: 1 };
  await app.store.append(
    stream,
    events.map((event) => ({ id: freshId(), metadata, ...event })),
    after,
  );
}

async function environmentReady({ environmentId, email }: ReturnType<typeof customer>, revision = 0): Promise<void> {
  const data = {
    environmentId,
    contractId: freshId(),
    externalId: 'CUST-2025-001',
    company: { name: 'ABC Corporation', email, language: 'ja' },
    terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
    slug: 'abc-corporation',
    url: 'https://abc-corporation.your-service.com',
    namespace: 'env-cust-2025-001-1f2e3d4c',
    administrator: 'admin@abc-corporation.com',
    objectsApplied: 14,
  };
  await append(`environment-${environmentId}`, revision - 1, { type: 'environment.ready', data });
}

async function types(deliveryId: string): Promise<string[]> {
  return (await app.events(`delivery-${deliveryId}`)).map(({ type }) => type);
}

const once = ['delivery.requested', 'delivery.attempt_started', 'delivery.sending', 'delivery.sent'];

describe('a ready environment', () => {
  it('is announced to its customer in one mail with a one-time link', async () => {
    const { deliveryId, mails, ...about } = customer();
    await environmentReady({ deliveryId, mails, ...about });
    await eventually(async () => expect(await types(deliveryId)).toEqual(once));

    const [received, ...more] = mails();
    expect(more).toEqual([]);
    expect(received).toMatchObject({ from: 'no-reply@keiyaku.example', to: [about.email] });
    const mail = await PostalMime.parse(received!.raw);
    expect(mail.subject).toBe('[重要] AIチャットボット環境が準備完了しました');
    expect(mail.messageId).toBe(`<${deliveryId}@keiyaku.example>`);
    const links = provisioning.links.filter(({ environmentId }) => environmentId === about.environmentId);
    expect(links).toHaveLength(1);
    expect(mail.text).toContain(links[0]!.url);
    expect(mail.text).toContain('- リージョン: 東京 (ap-northeast-1)');
  });

  it('is announced once, however often it is said', async () => {
    const about = customer();
    await environmentReady(about);
    await environmentReady(about, 1);
    const next = customer();
    await environmentReady(next);
    // Events come in order: what the second one causes is decided before the next customer's mail.
    await eventually(() => expect(next.mails()).toHaveLength(1));
    await eventually(async () => expect(await types(about.deliveryId)).toEqual(once));
    expect(about.mails()).toHaveLength(1);
  });
});

describe('an amended environment', () => {
  it('is told to its customer with its new terms', async () => {
    const { environmentId, email, mails } = customer();
    const { company, terms, ...about } = abcEnvironment(environmentId);
    const data = {
      ...about,
      company: { ...company, email },
      terms: { ...terms, userLimit: 200 },
      previous: terms,
      objectsApplied: 22,
    };
    await append(`environment-${environmentId}`, -1, { type: 'environment.amended', data });
    await eventually(() => expect(mails()).toHaveLength(1));
    const { subject, text } = await PostalMime.parse(mails()[0]!.raw);
    expect(subject).toBe('[お知らせ] AIチャットボット環境の内容を変更しました');
    expect(text).toContain('- プラン: エンタープライズ');
    expect(text).toContain('- 最大ユーザー数: 200名');
    expect(text).toContain('- リージョン: 東京 (ap-northeast-1)');
  });
});

describe('a delivery', () => {
  it('is carried out by one of many workers that take it up at once', async () => {
    const about = customer();
    await environmentReady(about);
    await eventually(async () => expect(await types(about.deliveryId)).not.toEqual([]));
    const workers = app.app.get(DeliveryRunner, { strict: false });
    const job = { deliveryId: about.deliveryId, correlationId: 'spec' };
    await Promise.all(Array.from({ length: 8 }, () => workers.run(job)));
    await eventually(async () => expect(await types(about.deliveryId)).toEqual(once));
    expect(about.mails()).toHaveLength(1);
  });

  it('is tried again when the mail server was away, and sent once', async () => {
    const about = customer();
    await smtp.stop();
    await environmentReady(about);
    await eventually(async () => expect(await types(about.deliveryId)).toContain('delivery.failed'));
    smtp = await startSmtpServer({ port: smtp.port });
    await eventually(async () => expect((await types(about.deliveryId)).at(-1)).toBe('delivery.sent'), {
      timeoutMs: 20_000,
    });
    expect(about.mails()).toHaveLength(1);
    expect(await types(about.deliveryId)).not.toContain('delivery.possibly_sent');
  }, 30_000);

  it('is tried again when there is no link, and no mail leaves without one', async () => {
    const about = customer();
    provisioning.status = 503;
    await environmentReady(about);
    await eventually(async () => expect(await types(about.deliveryId)).toContain('delivery.failed'));
    expect(about.mails()).toEqual([]);
    provisioning.status = 201;
    await eventually(() => expect(about.mails()).toHaveLength(1), { timeoutMs: 20_000 });
    const failure = (await app.events(`delivery-${about.deliveryId}`)).find(({ type }) => type === 'delivery.failed');
    expect(failure?.data).toMatchObject({
      reason: 'The credential link could not be fetched: the answer was 503.',
    });
  }, 30_000);

  it('whose fate the mail server hid is sent again under the same Message-ID, and the log says so', async () => {
    const about = customer();
    smtp.mood = 'drop';
    await environmentReady(about);
    await eventually(async () => expect(await types(about.deliveryId)).toContain('delivery.possibly_sent'));
    smtp.mood = 'accept';
    await eventually(async () => expect((await types(about.deliveryId)).at(-1)).toBe('delivery.sent'), {
      timeoutMs: 20_000,
    });
    const copies = await Promise.all(about.mails().map(({ raw }) => PostalMime.parse(raw)));
    expect(copies.map(({ messageId }) => messageId)).toEqual([copies[0]?.messageId, copies[0]?.messageId]);
  }, 30_000);

  it('that a worker left while sending is taken over by the reconciler, without a job in Redis', async () => {
    const about = customer();
    const { deliveryId } = about;
    const [attempt, messageId] = [freshId(), `<${deliveryId}@keiyaku.example>`];
    const leaseUntil = new Date(Date.now() + 2_000).toISOString();
    const history: DeliveryEvent[] = [
      requestOf(about),
      { type: 'delivery.attempt_started', data: { deliveryId, attempt, number: 1, leaseUntil } },
      { type: 'delivery.sending', data: { deliveryId, attempt, messageId, leaseUntil } },
    ];
    await append(`delivery-${deliveryId}`, -1, ...history);
    await eventually(async () => expect((await types(deliveryId)).at(-1)).toBe('delivery.sent'), { timeoutMs: 20_000 });
    expect((await types(deliveryId)).slice(3)).toEqual(['delivery.possibly_sent', ...once.slice(1)]);
    expect(about.mails()).toHaveLength(1);
    expect((await PostalMime.parse(about.mails()[0]!.raw)).messageId).toBe(messageId);
  }, 30_000);
});

function requestOf({ deliveryId, environmentId, email }: ReturnType<typeof customer>): DeliveryEvent {
  const recipient = { ...abcDelivery.recipient, email };
  const content = { ...abcDelivery.content, environmentId };
  return { type: 'delivery.requested', data: { ...abcDelivery, deliveryId, recipient, content } };
}

describe('the operators', () => {
  /** An environment with a customer's number of its own, which stands in every alert. */
  function troubled(changes: object = {}) {
    const { environmentId } = customer();
    const externalId = `CUST-${environmentId.slice(-8)}`;
    const about = { ...abcEnvironment(environmentId), externalId };
    const failure = {
      environmentId,
      attempt: freshId(),
      step: 'wait',
      class: 'application',
      object: `Deployment web in ${about.namespace}`,
      reason: 'The image of ABC Corporation does not exist',
      whatToDo: 'Push the image, then retry.',
      ...changes,
    };
    const stream = `environment-${environmentId}`;
    const needsAttention = { type: 'environment.needs_attention', data: failure };
    return {
      fail: () => append(stream, -1, { type: 'environment.requested', data: about }, needsAttention),
      failAgain: () => append(stream, 1, needsAttention),
      inSlack: () => slack.received.filter(({ raw }) => raw.includes(externalId)),
      mails: () => smtp.mails.filter(({ raw }) => raw.includes(externalId)),
      alerts: async (): Promise<readonly OperatorAlertView[]> => {
        const path = `/api/operator-alerts?environmentId=${environmentId}`;
        return (await app.request<OperatorAlertPage>(path, { role: 'OPERATOR' })).body.items;
      },
    };
  }

  it('are told once by mail and in Slack what needs attention, and of nobody', async () => {
    const about = troubled();
    await about.fail();
    await eventually(async () => {
      expect((await about.alerts()).map(({ channel, status }) => `${channel} ${status}`).toSorted()).toEqual([
        'operator_mail sent',
        'slack sent',
      ]);
    });
    const [mail, ...more] = about.mails();
    expect(more).toEqual([]);
    expect(mail?.to).toEqual(['on-call@keiyaku.example', 'ops@keiyaku.example']);
    const { subject, text } = await PostalMime.parse(mail!.raw);
    expect(subject).toMatch(/^\[Keiyaku\] The environment of CUST-\w+ needs attention$/);
    expect(text).toContain('- Region: Tokyo 東京 (ap-northeast-1)');
    const [posted] = about.inSlack();
    expect(posted?.headers['content-type']).toBe('application/json');
    const said = (posted!.body as unknown as { text: string }).text;
    for (const message of [text, said]) {
      expect(message).toContain('The image of … does not exist');
      expect(message).toContain('Push the image, then retry.');
      expect(message).not.toMatch(/ABC Corporation|abc-corp|it@/);
    }

    // The same cause comes back while nobody acts: what follows in the stream is told, this is not.
    await about.failAgain();
    const next = troubled();
    await next.fail();
    await eventually(() => expect(next.inSlack()).toHaveLength(1));
    expect(about.inSlack()).toHaveLength(1);
    expect(await about.alerts()).toHaveLength(2);
  });

  it('are told later when Slack says that it is too much', async () => {
    slack.mood = { status: 429, headers: { 'retry-after': '90' } };
    const about = troubled();
    const before = Date.now();
    await about.fail();
    await eventually(async () => {
      const alert = (await about.alerts()).find(({ channel }) => channel === 'slack');
      expect(alert).toMatchObject({
        status: 'waiting',
        attempts: [{ outcome: 'failed', reason: 'Slack answered 429: the channel gets more than Slack takes.' }],
      });
      expect(Date.parse(alert!.nextAttemptAt!) - before).toBeGreaterThan(89_000);
    });
  });

  it('are told of many failures at once', async () => {
    const measured = { ended: 10, failed: 4, percent: 40, thresholdPercent: 20, windowMinutes: 60 };
    await append(`failure-rate-${freshId()}`, -1, { type: 'failure_rate.exceeded', data: measured });
    await eventually(() => {
      const texts = slack.received.map(({ raw }) => raw.toString());
      expect(texts).toContainEqual(expect.stringContaining('4 of 10 environments came to need attention'));
    });
  });

  it('are seen by who may see deliveries, in the list and the metrics', async () => {
    expect(await app.request('/api/operator-alerts', { role: 'SALES' })).toMatchObject({ status: 403 });
    expect(await app.request('/api/operator-alerts?cause=joy', { role: 'OPERATOR' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/cause' }] },
    });
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    for (const channel of ['mail', 'webhook', 'operator_mail', 'slack']) {
      expect(metrics).toMatch(new RegExp(`^deliveries_waiting\\{channel="${channel}"\\} \\d+$`, 'm'));
      expect(metrics).toMatch(new RegExp(`^deliveries_abandoned\\{channel="${channel}"\\} \\d+$`, 'm'));
    }
  });
});

it('keeps links and the Slack webhook out of events and logs, and addresses out of logs', async () => {
  const about = customer();
  smtp.mood = 'refuse-recipient';
  await environmentReady(about);
  await eventually(async () => expect(await types(about.deliveryId)).toContain('delivery.failed'));
  const events = JSON.stringify((await app.log()).map(({ data, metadata }) => ({ data, metadata })));
  const log = logged.join('');
  expect(log).toContain('A delivery attempt failed');
  const issued = provisioning.links.filter(({ environmentId }) => environmentId === about.environmentId);
  expect(issued).not.toEqual([]);
  for (const { url } of issued) {
    expect(events).not.toContain(url);
    expect(log).not.toContain(url);
  }
  expect(log).not.toContain(about.email);
  expect(log).not.toContain(provisioning.client.secret);
  for (const told of [events, log]) expect(told).not.toContain(slackToken);
});
