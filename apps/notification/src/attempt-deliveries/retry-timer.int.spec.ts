import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { createService, startService } from '#libs/service/src/service.js';
import type { CredentialLinksServer } from '#libs/testing/src/credential-links-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import type { TestSmtpServer } from '#libs/testing/src/smtp-server.js';
import type { TestApp } from '#libs/testing/src/test-app.js';
import { NotificationModule } from '../notification.module.js';
import { abcDelivery } from '../spec-delivery.js';
import { startNotification } from '../spec-notification.js';

let app: TestApp;
/** Another instance on the same stores. */
let second: NestFastifyApplication;
let smtp: TestSmtpServer;
let provisioning: CredentialLinksServer;
let redis: Redis;

beforeAll(async () => {
  redis = new Redis(await testRedisUrl());
  ({ app, smtp, provisioning } = await startNotification());
  second = await createService({ name: 'second', contexts: [NotificationModule], logger: { level: 'silent' } });
  await startService(second, 0);
}, 60_000);

afterAll(async () => {
  await second?.close();
  await app?.close();
  redis?.disconnect();
  await Promise.all([smtp?.stop(), provisioning?.stop()]);
});

/** Asks for deliveries and waits until the first attempt at each has failed. */
async function failOnce(deliveryIds: readonly string[]): Promise<void> {
  smtp.mood = 'refuse-recipient';
  for (const deliveryId of deliveryIds) {
    const metadata = {
      ...testContext({ commandId: freshId(), occurredAt: new Date().toISOString() }),
      schemaVersion: 1,
    };
    const data = { ...abcDelivery, deliveryId };
    await app.store.append(
      `delivery-${deliveryId}`,
      [{ id: freshId(), type: 'delivery.requested', data, metadata }],
      -1,
    );
  }
  await eventually(async () => {
    await forgetDelayedJobs();
    for (const id of deliveryIds) expect(await typesOf(id)).toContain('delivery.failed');
  });
  smtp.mood = 'accept';
}

let forgotten = 0;

/** Empties Redis whenever a job waits in it for its time. */
async function forgetDelayedJobs(): Promise<void> {
  const waiting = await redis.zcard('keiyaku:notification:delayed');
  if (waiting > 0) await redis.flushdb();
  forgotten += waiting;
}

const typesOf = async (id: string): Promise<string[]> => (await app.events(`delivery-${id}`)).map(({ type }) => type);
const untilTheNextAttempt = { timeoutMs: 60_000 };

it('a timer that Redis has forgotten rings all the same, and once, with two instances', async () => {
  const ids = Array.from({ length: 8 }, () => freshId());
  await failOnce(ids);
  await eventually(async () => {
    await forgetDelayedJobs();
    for (const id of ids) expect((await typesOf(id)).at(-1)).toBe('delivery.sent');
  }, untilTheNextAttempt);
  expect(forgotten).toBeGreaterThan(0);
  for (const id of ids) {
    const types = await typesOf(id);
    expect(types.filter((type) => type === 'delivery.sent')).toHaveLength(1);
    expect(types.filter((type) => type === 'delivery.attempt_started')).toHaveLength(2);
    const subject = `Message-ID: <${id}@`;
    expect(smtp.mails.filter(({ raw }) => raw.includes(subject))).toHaveLength(1);
  }
}, 120_000);
