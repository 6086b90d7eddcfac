import { randomUUID } from 'node:crypto';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import type { Role } from '#libs/events/src/identity.js';
import { testContext } from '#libs/testing/src/given.js';
import type { TestApp, TestRequest, TestResponse } from '#libs/testing/src/test-app.js';

export interface Result {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
}

/** A customer as people write them down over the API, like no other one. */
export function someone(changes: object = {}): object {
  const unlike = randomUUID();
  return { name: `客 ${unlike}`, email: `${unlike}@example.jp`, ...changes };
}

export async function create(
  app: TestApp,
  changes: object = {},
  request: TestRequest = {},
): Promise<TestResponse<Result & Problem>> {
  return app.request('/api/customers', { role: 'MANAGER', body: someone(changes), ...request });
}

export async function change(
  app: TestApp,
  path: string,
  request: TestRequest = {},
): Promise<TestResponse<Result & Problem>> {
  return app.request(`/api/customers/${path}`, { method: 'POST', role: 'MANAGER', ...request });
}

/** What a route shows once it has seen what a command did. */
export async function shown<Body>(app: TestApp, path: string, position: string, role: Role = 'SALES'): Promise<Body> {
  const headers = { 'x-await-position': position };
  return (await app.request<Body>(`/api/customers${path}`, { role, headers })).body;
}

/** Stores what identity says of users. */
export async function tell(app: TestApp, userId: string, ...events: { type: string; data: object }[]): Promise<void> {
  const known = (await app.events(`user-${userId}`)).length;
  const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 1 };
  const stored = events.map(({ type, data }) => ({ id: freshId(), type, data: { userId, ...data }, metadata }));
  await app.store.append(`user-${userId}`, stored, known - 1);
}

export async function addUser(app: TestApp, role: Role = 'SALES'): Promise<{ id: string; token: string }> {
  const id = randomUUID();
  const credential = { id: randomUUID(), version: 1 };
  await tell(app, id, { type: 'user.created', data: { name: '営業', email: `${id}@example.jp`, role, credential } });
  return { id, token: app.token({ sub: id, roles: [role] }) };
}
