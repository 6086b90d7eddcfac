import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startStack } from '#libs/local-stack/src/stack.js';
import { CONTEXTS } from '#libs/local-stack/src/stack-plan.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { type Context, ContextProcesses } from './context-processes.js';
import { keysSoonForgotten } from './stack-with-customers.js';

/** The erasure waits until no process can remember the key. */
const timeout = 300_000;

interface Erasure {
  readonly id: string;
  readonly status: string;
  readonly awaited: readonly string[];
  readonly completedAt: string | null;
}

it('a context that is away holds the certificate up, and gives its part when it is back', { timeout }, async () => {
  const folder = temporaryFolder();
  const stack = await startStack({ dataDir: folder, suite: false });
  onTestFinished(() => stack.stop());
  const processes = await ContextProcesses.on(stack, keysSoonForgotten);
  const [identity, contract] = [processes.urlOf('identity'), processes.urlOf('contract')];
  const away: readonly Context[] = ['provisioning', 'notification'];
  await Promise.all(CONTEXTS.filter((context) => !away.includes(context)).map((context) => processes.start(context)));

  const signIn = readFileSync(join(folder, 'first-administrator.json'), 'utf8');
  const { accessToken } = await send<{ accessToken: string }>(`${identity}/api/auth/login`, '', signIn);
  const company = { name: 'Kirishima Works', email: 'it@kirishima.example', language: 'en' };
  const terms = { plan: 'starter', region: 'ap-northeast-1' };
  const draft = { externalId: 'AWAY-001', company, terms, contractDate: '2026-01-05' };
  const made = await send<{ id: string }>(`${contract}/api/contracts`, accessToken, JSON.stringify(draft));
  const request = JSON.stringify({ subject: `contract:${made.id}`, reason: 'no_longer_needed' });
  const { id } = await send<Erasure>(`${identity}/api/erasures`, accessToken, request);
  const erasure = () => send<Erasure>(`${identity}/api/erasures/${id}`, accessToken);

  await eventually(async () => expect((await erasure()).awaited).toEqual(['notification', 'provisioning']), {
    timeoutMs: timeout,
  });
  await processes.start('provisioning');
  await eventually(async () => expect((await erasure()).awaited).toEqual(['notification']), { timeoutMs: timeout });
  expect(await erasure()).toMatchObject({ status: 'clearing', completedAt: null });
  await processes.start('notification');
  await eventually(async () => expect((await erasure()).status).toBe('completed'), { timeoutMs: timeout });
  const shown = await send<object>(`${contract}/api/contracts/${made.id}`, accessToken);
  expect(shown).toMatchObject({ company: { name: '[erased]', email: '[erased]' } });
});

async function send<Body>(url: string, token: string, body?: string): Promise<Body> {
  const response = await fetch(url, {
    ...(body !== undefined && { method: 'POST', body }),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== '' && { authorization: `Bearer ${token}` }),
    },
  });
  expect(response.ok, `${url} answered ${response.status}`).toBe(true);
  return (await response.json()) as Body;
}
