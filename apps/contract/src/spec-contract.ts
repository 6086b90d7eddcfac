import type { TestApp, TestRequest, TestResponse } from '#libs/testing/src/test-app.js';

/** A contract as people draft it over the API. */
export const abcContract = {
  externalId: 'CUST-2025-001',
  company: { name: 'ABC Corporation', email: 'it@abc-corp.example', language: 'ja' },
  terms: { plan: 'enterprise', region: 'ap-northeast-1', storageQuota: '2TB', userLimit: 120 },
  contractDate: '2025-05-29',
};

export interface Result {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
}

export function draft(app: TestApp, changes: object = {}, request: TestRequest = {}): Promise<TestResponse<Result>> {
  return app.request<Result>('/api/contracts', { role: 'SALES', body: { ...abcContract, ...changes }, ...request });
}

export function sign(
  app: TestApp,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestResponse<Result>> {
  return app.request<Result>(`/api/contracts/${id}/sign`, { method: 'POST', role: 'SALES', headers });
}
