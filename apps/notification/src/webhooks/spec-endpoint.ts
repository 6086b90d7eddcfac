import { expect } from 'vitest';
import type { TestApp } from '#libs/testing/src/test-app.js';
import type { IssuedSecret } from '#libs/webhooks/src/secrets.dto.js';

export type Issued = Pick<IssuedSecret, 'id' | 'version' | 'secret' | 'position'>;

/** An endpoint that is told everything, unless `events` names less. */
export async function registered(
  app: TestApp,
  url: string,
  more: { readonly events?: string[] } = {},
): Promise<Issued> {
  const body = { name: 'Sales CRM', url, ...more };
  const answer = await app.request<Issued>('/api/webhook-endpoints', { role: 'SERVICE', body });
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
}
