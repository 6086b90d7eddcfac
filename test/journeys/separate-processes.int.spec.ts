import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';
import { startPart } from '#libs/local-stack/src/part.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';

const contexts = ['identity', 'contract', 'provisioning', 'notification'] as const;
type Context = (typeof contexts)[number];

it('runs each context alone on the same stores: a contract becomes an environment', async () => {
  const folder = temporaryFolder();
  const stack = await startStack({ dataDir: folder, suite: false });
  onTestFinished(() => stack.stop());
  const ports = Object.fromEntries(
    await Promise.all(contexts.map(async (context) => [context, await choosePort()] as const)),
  ) as Record<Context, number>;
  const urlOf = (context: Context): string => `http://127.0.0.1:${ports[context]}`;
  const env = { ...stack.env, JWKS_URL: `${urlOf('identity')}/api/auth/.well-known/jwks.json` };
  for (const context of contexts) {
    const part = await startPart({
      title: context,
      command: process.execPath,
      args: [compiled(`apps/${context}/src/main.js`)],
      env: { PATH: process.env['PATH'], ...env, PORT: String(ports[context]) },
      logFile: join(folder, 'logs', `${context}.log`),
      isReady: (line) => (line.startsWith('{"ready":true') ? {} : undefined),
    });
    onTestFinished(() => part.stop());
  }
  for (const context of contexts) {
    const ready = await fetch(`${urlOf(context)}/ready`);
    expect(ready.status, `${context}: ${await ready.text()}`).toBe(200);
  }

  const clients = JSON.parse(readFileSync(join(folder, 'service-clients.json'), 'utf8')) as {
    id: string;
    secret: string;
  }[];
  const crm = clients.find(({ id }) => id === 'crm')!;
  const signIn = await KeiyakuApi.signIn(urlOf('identity'), crm);
  const contracts = signIn.at(urlOf('contract'));
  const { id } = await contracts.post<{ id: string }>('/api/contracts', {
    externalId: 'CUST-2026-001',
    company: { name: 'Separate Processes', email: 'it@separate.example', language: 'en' },
    terms: { plan: 'starter', region: 'ap-northeast-1' },
    contractDate: '2026-01-05',
  });
  await contracts.post(`/api/contracts/${id}/sign`, {});

  interface Environments {
    readonly items: readonly { readonly status: string }[];
  }
  const environments = signIn.at(urlOf('provisioning'));
  await eventually(
    async () => {
      const { items } = await environments.get<Environments>(`/api/environments?contractId=${id}`);
      expect(items).toEqual([expect.objectContaining({ status: 'ready' })]);
    },
    { timeoutMs: 60_000 },
  );
}, 180_000);
