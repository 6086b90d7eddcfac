import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { erased } from '#libs/events/src/erased.js';
import { SubjectKeys } from '#libs/personal-data/src/subject-keys.js';
import type { CredentialLinksServer } from '#libs/testing/src/credential-links-server.js';
import { erasureEventsOf } from '#libs/testing/src/erasure-events.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { testContext } from '#libs/testing/src/given.js';
import type { TestSmtpServer } from '#libs/testing/src/smtp-server.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import type { TestApp } from '#libs/testing/src/test-app.js';
import { DeliveryRunner } from '../attempt-deliveries/delivery-runner.js';
import { startNotification } from '../spec-notification.js';

/** The mail server that hangs is given up after 5 s. */
const patience = { timeoutMs: 25_000 };
const archive = makeTemporaryFolder();
let app: TestApp;
let smtp: TestSmtpServer;
let provisioning: CredentialLinksServer;

beforeAll(async () => {
  ({ app, smtp, provisioning } = await startNotification({ env: { MAIL_ARCHIVE_DIR: archive } }));
}, 60_000);

afterAll(async () => {
  await app?.close();
  await Promise.all([smtp?.stop(), provisioning?.stop()]);
  rmSync(archive, { recursive: true, force: true });
});

beforeEach(() => {
  smtp.mood = 'accept';
  provisioning.status = 201;
});

/** A customer whose environment is ready; the archive holds a copy of every mail to them. */
async function customer() {
  const [environmentId, contractId] = [freshId(), freshId()];
  const email = `info@${environmentId}.example`;
  const deliveryId = stableId('delivery', environmentId, 'environment_ready');
  const file = `${deliveryId}.eml`;
  writeFileSync(join(archive, file), `Message-ID: <${deliveryId}@keiyaku.example>\r\nTo: ${email}\r\n\r\nReady`);
  const data = {
    environmentId,
    contractId,
    externalId: 'CUST-2025-001',
    company: { name: 'ABC Corporation', email, language: 'ja' },
    terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
    slug: 'abc-corporation',
    url: 'https://abc-corporation.your-service.com',
    namespace: 'env-cust-2025-001-1f2e3d4c',
    administrator: 'admin@abc-corporation.com',
    objectsApplied: 14,
  };
  await append(`environment-${environmentId}`, { type: 'environment.ready', data });
  return { contractId, deliveryId, file, mails: () => smtp.mails.filter(({ to }) => to.includes(email)) };
}

async function append(stream: string, ...events: readonly { type: string; data: object }[]): Promise<void> {
  const metadata = { ...testContext({ occurredAt: new Date().toISOString(), commandId: freshId() }), schemaVersion: 1 };
  await app.store.append(
    stream,
    events.map((event) => ({ id: freshId(), metadata, ...event })),
    -1,
  );
}

/** What identity does to a subject, at once. */
async function erase({ contractId }: { readonly contractId: string }): Promise<void> {
  const subject = `contract:${contractId}` as const;
  await app.app.get(SubjectKeys).destroy(subject);
  await append(`erasure-${freshId()}`, ...erasureEventsOf(subject));
}

async function cleared({ contractId }: { readonly contractId: string }): Promise<void> {
  await eventually(async () => {
    const events = await app.log('erasure.copies_cleared');
    expect(events.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ subject: `contract:${contractId}`, context: 'notification' }),
    );
  }, patience);
}

const types = async (deliveryId: string) => (await app.events(`delivery-${deliveryId}`)).map(({ type }) => type);

it('a message that has not left is given up, and nobody ever sends it', { timeout: 40_000 }, async () => {
  provisioning.status = 503;
  const about = await customer();
  await eventually(async () => expect(await types(about.deliveryId)).toContain('delivery.failed'));
  await erase(about);
  await cleared(about);

  const last = (await app.events(`delivery-${about.deliveryId}`)).at(-1);
  expect(last).toMatchObject({ type: 'delivery.abandoned', data: { reason: 'The recipient was erased.' } });
  provisioning.status = 201;
  await app.app.get(DeliveryRunner, { strict: false }).run({ deliveryId: about.deliveryId, correlationId: 'spec' });
  expect(about.mails()).toEqual([]);
  expect(smtp.mails.flatMap(({ to }) => to)).not.toContain(erased);
});

it('copies of a mail that was sent are deleted, those to others stay', { timeout: 40_000 }, async () => {
  const [about, other] = [await customer(), await customer()];
  for (const { deliveryId } of [about, other]) {
    await eventually(async () => expect((await types(deliveryId)).at(-1)).toBe('delivery.sent'));
  }
  await erase(about);
  await cleared(about);

  expect(readdirSync(archive)).not.toContain(about.file);
  expect(readdirSync(archive)).toContain(other.file);
  const { body } = await app.request(`/api/deliveries/${about.deliveryId}`, { role: 'OPERATOR' });
  expect(JSON.stringify(body)).not.toContain('ABC Corporation');
  const kept = await app.request(`/api/deliveries/${other.deliveryId}`, { role: 'OPERATOR' });
  expect(JSON.stringify(kept.body)).toContain('ABC Corporation');
});

it('a message that is leaving is waited for, so that its copy is found', { timeout: 40_000 }, async () => {
  smtp.mood = 'hang';
  const about = await customer();
  await eventually(async () => expect((await types(about.deliveryId)).at(-1)).toBe('delivery.sending'));
  await erase(about);
  await cleared(about);
  expect((await types(about.deliveryId)).slice(-3)).toEqual([
    'delivery.possibly_sent',
    'delivery.failed',
    'delivery.abandoned',
  ]);
  expect(readdirSync(archive)).not.toContain(about.file);
});
