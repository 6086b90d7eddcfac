import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reachableMetric } from '#apps/gateway/src/circuit-metrics.js';
import { mergeDocuments } from '#apps/gateway/src/service-documents.js';
import { routeOf, routes } from '#apps/gateway/src/route-table.js';
import { suiteContexts } from '#apps/suite/src/suite.js';
import { routesWithoutPermission } from '#libs/auth/src/auth.module.js';
import { buildOpenApiDocument } from '#libs/http/src/openapi.js';
import { pathsOutsideApi } from '#libs/http/src/outside-api.js';
import { makeTemporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { type TestApp, startTestApp } from '#libs/testing/src/test-app.js';
import { operationsOf, wronglyAnswered } from './access-walk.js';
import { metricsIn, queries } from './monitoring.js';
import { commandRoutes, wronglyRepeated } from './repetition-walk.js';

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
    contexts: suiteContexts.map(nameOf),
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

describe('the routes of the suite', () => {
  it('each name a permission or say that they are public', () => {
    expect(routesWithoutPermission(app)).toEqual([]);
  });

  it('each have a summary, a description and typed answers', () => {
    expect(operationsOf(document).length).toBeGreaterThan(20);
    for (const { method, path, operation } of operationsOf(document)) {
      const route = `${method} ${path}`;
      expect(operation.summary, `${route}: summary`).toBeTruthy();
      expect(operation.description, `${route}: description`).toBeTruthy();
      const successes = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
      expect(successes, `${route}: a successful answer`).not.toEqual([]);
    }
  });

  it('take JSON only by a DTO', () => {
    const bodies = operationsOf(document).flatMap(({ method, path, operation: { requestBody } }) => {
      const schema = requestBody && !('$ref' in requestBody) && requestBody.content['application/json']?.schema;
      return schema ? [{ route: `${method} ${path}`, schema }] : [];
    });
    expect(bodies.length).toBeGreaterThan(0);
    for (const { route, schema } of bodies) expect(JSON.stringify(schema), route).toContain('$ref');
  });

  it('let in whom the permission table says, and nobody else', async () => {
    expect(await wronglyAnswered(suite, operationsOf(document))).toEqual([]);
  }, 120_000);

  it('that change something do it once for one Idempotency-Key, and answer alike', async () => {
    expect(await wronglyRepeated(suite, commandRoutes(operationsOf(document)))).toEqual([]);
  }, 120_000);

  it('are those of docs/openapi.json (npm run docs brings it up to date)', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../docs/openapi.json');
  });
});

describe('the gateway', () => {
  it.each(suiteContexts.map((context) => [nameOf(context), context] as const))(
    'sends each route of %s there, and knows which of them are open',
    (name, context) => {
      const own = operationsOf(documentOf(context));
      expect(own).not.toEqual([]);
      const routed = own.map(({ method, path }) => ({ method, path, ...routeOf(path) }));
      expect(routed).toEqual(
        own.map(({ method, path, permission }, index) => ({
          method,
          path,
          service: name,
          prefix: routed[index]!.prefix,
          open: permission === undefined,
        })),
      );
    },
  );

  it('sends each page outside the API where it is', () => {
    const outside = pathsOutsideApi(app.get(DiscoveryService)).map(({ path }) => `/${path}`);
    const pages = outside.filter((path) => !path.startsWith('/api/') && !path.includes('*'));
    const known = routes.map(({ prefix }) => prefix).filter((prefix) => !prefix.startsWith('/api/'));
    expect(known.toSorted()).toEqual(pages.toSorted());
  });

  it('makes the document of the suite from those of the contexts', () => {
    const own = { ...document, paths: pick(document.paths, (path) => path.startsWith('/api/policies/')) };
    const merged = mergeDocuments(own, suiteContexts.map(documentOf));
    expect(merged.paths).toEqual(document.paths);
    expect(clashes()).toEqual([]);
    expect(merged.components).toEqual(document.components);
  });
});

/** `StepView of opportunity`: another context has a schema of this name too, which looks different. */
function clashes(): string[] {
  return suiteContexts.flatMap((context) =>
    Object.entries(documentOf(context).components?.schemas ?? {})
      .filter(([name, schema]) => !isDeepStrictEqual(schema, document.components?.schemas?.[name]))
      .map(([name]) => `${name} of ${nameOf(context)}`),
  );
}

function documentOf(context: Type): OpenApiDocument {
  return buildOpenApiDocument(app, 'Keiyaku', { include: [context], deepScanRoutes: true });
}

/** `sales-activity` of `SalesActivityModule`. */
function nameOf(context: Type): string {
  return context.name
    .replace(/Module$/, '')
    .replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase();
}

function pick<Value>(all: Readonly<Record<string, Value>>, wanted: (name: string) => boolean): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted(name)));
}

it('the programs export every metric that dashboards and alerts name', async () => {
  const text = await (await fetch(`${suite.url}/metrics`)).text();
  const ofSuite = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  // The gateway's own spec reads it from there.
  const exported = new Set([...ofSuite, reachableMetric]);
  const missing = queries.flatMap(metricsIn).filter((name) => !exported.has(name));
  expect(missing).toEqual([]);
});
