import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { EnvironmentEvents } from '#libs/events/src/provisioning.js';
import { testContext } from '#libs/testing/src/given.js';
import type { TestApp } from '#libs/testing/src/test-app.js';

/** An environment of the customer of seed 000, as its first event tells of it. */
export function abcEnvironment(environmentId = freshId()): EnvironmentEvents['environment.requested'] {
  return {
    environmentId,
    contractId: freshId(),
    externalId: 'CUST-2025-001',
    company: { name: 'ABC Corporation', email: `it@${environmentId}.example`, language: 'ja' },
    terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '1TB', userLimit: 100 },
    slug: 'abc-corporation',
    url: 'https://abc-corporation.your-service.com',
    namespace: 'env-cust-2025-001-1f2e3d4c',
    administrator: 'admin@abc-corporation.com',
  };
}

/** Appends events to a stream as another context would. Answers their ids. */
export async function append(
  app: TestApp,
  stream: string,
  after: number,
  ...events: readonly { readonly type: string; readonly data: object }[]
): Promise<string[]> {
  const { commandId: _, ...context } = testContext();
  const metadata = { ...context, occurredAt: new Date().toISOString(), commandId: freshId(), schemaVersion: 1 };
  const stored = events.map((event) => ({ id: freshId(), metadata, ...event }));
  await app.store.append(stream, stored, after);
  return stored.map(({ id }) => id);
}
