import { expect } from 'vitest';
import { CONTEXTS } from '#libs/local-stack/src/stack-plan.js';

const services = CONTEXTS.map((name) => [name, { reachable: true, ms: expect.any(Number) as number }] as const);

/** What `/health` of the suite and of the gateway says alike, however the services run. */
export const everyServiceIsThere = { status: 'ok', services: Object.fromEntries(services) } as const;

export async function healthOf(base: string): Promise<unknown> {
  return (await fetch(`${base}/health`)).json();
}

/** The first calls that the documents show, as curl sends them: sign in, list the customers, write a meeting down. */
export async function makeFirstCalls(base: string, signIn: { email: string; password: string }): Promise<string> {
  const json = { 'Content-Type': 'application/json' };
  const login = await fetch(`${base}/api/auth/login`, { method: 'POST', headers: json, body: JSON.stringify(signIn) });
  expect(login.status).toBe(200);
  const { accessToken } = (await login.json()) as { accessToken: string };
  const headers = { Authorization: `Bearer ${accessToken}` };

  const body = JSON.stringify({ name: 'ABC' });
  const created = await fetch(`${base}/api/customers`, { method: 'POST', headers: { ...headers, ...json }, body });
  expect(created.status).toBe(201);
  const { id: customerId } = (await created.json()) as { id: string };
  const position = created.headers.get('x-event-position')!;
  const list = await fetch(`${base}/api/customers`, { headers: { ...headers, 'X-Await-Position': position } });
  expect(list.status).toBe(200);
  expect(await list.json()).toMatchObject({ items: [{ id: customerId, name: 'ABC' }] });

  const meeting = await fetch(`${base}/api/meetings`, {
    method: 'POST',
    headers: { ...headers, ...json },
    body: JSON.stringify({ customerId, date: '2024-10-10T10:00:00Z', summary: '商談実施' }),
  });
  expect(meeting.status).toBe(201);
  return accessToken;
}
