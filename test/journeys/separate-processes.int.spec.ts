import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startStack } from '#libs/local-stack/src/stack.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { KeiyakuApi } from '../../scripts/demo/keiyaku-api.js';
import { ContextProcesses, contexts } from './context-processes.js';

it('runs each context alone on the same stores: a contract becomes an environment', async () => {
  const folder = temporaryFolder();
  const stack = await startStack({ dataDir: folder, suite: false });
  onTestFinished(() => stack.stop());
  const processes = await ContextProcesses.on(stack);
  for (const context of contexts) await processes.start(context);
  for (const context of contexts) {
    const ready = await fetch(`${processes.urlOf(context)}/ready`);
    expect(ready.status, `${context}: ${await ready.text()}`).toBe(200);
  }

  const clients = JSON.parse(readFileSync(join(folder, 'service-clients.json'), 'utf8')) as {
    id: string;
    secret: string;
  }[];
  const crm = clients.find(({ id }) => id === 'crm')!;
  const signIn = await KeiyakuApi.signIn(processes.urlOf('identity'), crm);
  const contracts = signIn.at(processes.urlOf('contract'));
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
  const environments = signIn.at(processes.urlOf('provisioning'));
  await eventually(
    async () => {
      const { items } = await environments.get<Environments>(`/api/environments?contractId=${id}`);
      expect(items).toEqual([expect.objectContaining({ status: 'ready' })]);
    },
    { timeoutMs: 60_000 },
  );
}, 180_000);
