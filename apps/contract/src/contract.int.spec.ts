import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from './contract.module.js';
import { registration, SpecCrm } from './crm-webhook/spec-crm.js';
import { abcContract, draft } from './spec-contract.js';

let app: TestApp;
const logged: string[] = [];

beforeAll(async () => {
  const logger = { level: 'debug', stream: { write: (line: string) => void logged.push(line) } } as const;
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'], logger });
});

afterAll(() => app.close());

describe('plans and regions', () => {
  it('are shown with limits, prices and names, without images', async () => {
    const plans = await app.request<{ items: object[] }>('/api/plans', { role: 'SALES' });
    expect(plans).toMatchObject({
      status: 200,
      body: { items: [{ id: 'starter' }, { id: 'business' }, { id: 'enterprise' }] },
    });
    expect(plans.body.items.at(-1)).toEqual({
      id: 'enterprise',
      name: { ja: 'エンタープライズ', en: 'Enterprise' },
      storage: { default: '1TB', max: '10TB' },
      users: { default: 100, max: 5000 },
      price: { currency: 'JPY', month: 198_000, gigabyteMonth: 20, userMonth: 400 },
      onTermination: { export: true, retentionDays: 90 },
      resources: {
        replicas: { min: 3, max: 10 },
        cpu: { request: '500m', limit: '2' },
        memory: { request: '1Gi', limit: '2Gi' },
      },
    });
    const regions = await app.request<{ items: object[] }>('/api/regions', { role: 'SALES' });
    expect(regions.body.items).toContainEqual({ id: 'ap-northeast-1', name: { ja: '東京', en: 'Tokyo' } });
  });

  it('are for those who are signed in', async () => {
    for (const path of ['/api/plans', '/api/regions']) expect(await app.request(path)).toMatchObject({ status: 401 });
  });
});

it('keeps names, addresses and secrets out of the log', async () => {
  const crm = await SpecCrm.register(app);
  await crm.send({ body: registration({ id: 'LOG-1' }) });
  await crm.send({ body: registration({ id: 'LOG-2', plan: 'gold' }) });
  await draft(app, { terms: { ...abcContract.terms, plan: 'gold' } });
  await eventually(() => expect(logged.join('')).toContain(`/api/webhooks/crm/${crm.source.id}`));
  expect(logged.join('')).not.toMatch(/ABC Corporation|abc-corp\.example|whsec_|v1,/);
});
