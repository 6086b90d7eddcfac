import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suiteContexts } from '#apps/suite/src/suite.js';
import { routesWithoutPermission } from '#libs/auth/src/auth.module.js';
import { buildOpenApiDocument } from '#libs/http/src/openapi.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { type TestApp, startTestApp } from '#libs/testing/src/test-app.js';
import { metricsIn, queries } from './monitoring.js';

type OpenApiDocument = ReturnType<typeof buildOpenApiDocument>;

/** The suite wants a cluster by name; nothing is sent to it here. */
const unusedCluster = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'unused', cluster: { server: 'https://127.0.0.1:9' } }],
  users: [{ name: 'unused', user: {} }],
  contexts: [{ name: 'unused', context: { cluster: 'unused', user: 'unused' } }],
  'current-context': 'unused',
};

let folder: string;
let suite: TestApp;
let app: NestFastifyApplication;
let document: OpenApiDocument;

beforeAll(async () => {
  const clients = join((folder = makeTemporaryFolder()), 'service-clients.json');
  writeFileSync(clients, JSON.stringify([{ id: 'suite', secret: 'x'.repeat(32), description: 'spec' }]), {
    mode: 0o600,
  });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(unusedCluster));
  suite = await startTestApp({
    modules: suiteContexts,
    contexts: ['identity', 'contract', 'customer', 'opportunity', 'provisioning', 'notification'],
    // Nothing is sent and nothing is applied here.
    env: {
      SERVICE_CLIENTS_FILE: clients,
      SERVICE_CLIENT_ID: 'suite',
      SERVICE_CLIENT_SECRET: 'x'.repeat(32),
      SMTP_URL: 'smtp://127.0.0.1:9',
      KUBECONFIG: kubeconfig,
    },
  });
  app = suite.app;
  document = buildOpenApiDocument(app);
});

afterAll(async () => {
  await suite?.close();
  rmSync(folder, { recursive: true });
});

const operations = (): [string, NonNullable<OpenApiDocument['paths'][string]['get']>][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [[`${method.toUpperCase()} ${path}`, operation] as [string, typeof operation]] : [];
    }),
  );

describe('the routes of the suite', () => {
  it('each name a permission or say that they are public', () => {
    expect(routesWithoutPermission(app)).toEqual([]);
  });

  it('each have a summary, a description and typed answers', () => {
    expect(operations().length).toBeGreaterThan(20);
    for (const [route, operation] of operations()) {
      expect(operation.summary, `${route}: summary`).toBeTruthy();
      expect(operation.description, `${route}: description`).toBeTruthy();
      const successes = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
      expect(successes, `${route}: a successful answer`).not.toEqual([]);
    }
  });

  it('take JSON only by a DTO', () => {
    for (const [route, { requestBody }] of operations()) {
      if (!requestBody || '$ref' in requestBody) continue;
      const schema = requestBody.content['application/json']?.schema;
      if (schema) expect(JSON.stringify(schema), `${route}: request body`).toContain('$ref');
    }
  });

  it('are those of docs/openapi.json (npm run docs brings it up to date)', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../docs/openapi.json');
  });
});

it('the program exports every metric that dashboards and alerts name', async () => {
  const text = await (await fetch(`${suite.url}/metrics`)).text();
  const exported = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
  const missing = queries.flatMap(metricsIn).filter((name) => !exported.has(name));
  expect(missing).toEqual([]);
});
