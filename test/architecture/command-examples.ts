import type { Workplace } from './workplace.js';

/** What a command is sent with; by ADMIN unless a token is there. */
export interface Command {
  readonly path?: Readonly<Record<string, string>>;
  /** Begins with `?`. */
  readonly query?: string;
  readonly body?: unknown;
  readonly token?: string;
  /** Nobody asks: no token is sent. */
  readonly anonymous?: boolean;
}

export type Example = (place: Workplace) => Promise<Command>;

const contract = {
  company: { name: 'Kirishima Works', email: 'it@kirishima.example', language: 'en' },
  terms: { plan: 'starter', region: 'ap-northeast-1' },
  contractDate: '2026-01-05',
};
const inAMonth = (): string => new Date(Date.now() + 30 * 86_400_000).toISOString();
const period = () => ({ from: new Date().toISOString(), until: inAMonth() });

/** Every command that can be sent twice, with something that it is carried out on for the first time. */
export const examples: Readonly<Record<string, Example>> = {
  'POST /api/auth/login': async (place) => {
    const { email, password } = await place.person('SALES');
    return { anonymous: true, body: { email, password } };
  },
  'POST /api/auth/refresh': async (place) => {
    const { refreshToken } = await place.session(await place.person('SALES'));
    return { anonymous: true, body: { refreshToken } };
  },
  'POST /api/auth/users/{id}/password-reset': async (place) => ({ path: await user(place) }),
  'POST /api/auth/password-reset': async (place) => {
    const { id } = await place.person('SALES');
    const { token } = await place.done<{ token: string }>(`/api/auth/users/${id}/password-reset`, { method: 'POST' });
    return { body: { token, newPassword: 'a much better passphrase' } };
  },
  'POST /api/auth/users/{id}/unlock': async (place) => {
    const person = await place.person('SALES');
    await place.failedSignIn(person);
    return { path: { id: person.id } };
  },
  'POST /api/auth/me/second-factor/confirm': async (place) => {
    const { token } = await place.session(await place.person('SALES'));
    return { token, body: { code: await place.code(token) } };
  },
  'DELETE /api/auth/users/{id}/second-factor': async (place) => {
    const person = await place.person('SALES');
    await place.secondFactor(person);
    return { path: { id: person.id } };
  },
  'POST /api/auth/api-keys': async () => ({ body: { name: 'Import', role: 'SERVICE', expiresAt: inAMonth() } }),
  'DELETE /api/auth/api-keys/{id}': async (place) => {
    const body = { name: 'Import', role: 'SERVICE', expiresAt: inAMonth() };
    return { path: { id: await place.of('/api/auth/api-keys', body) } };
  },
  'POST /api/erasures': async (place) => ({
    body: { subject: `customer:${await place.customer()}`, reason: 'requested_by_person' },
  }),
  'DELETE /api/auth/sessions/{id}': async (place) => {
    const { id } = await place.session(await place.person('SALES'));
    return { path: { id } };
  },
  'POST /api/auth/users': async (place) => ({ body: place.newUser() }),
  'PUT /api/auth/users/{id}': async (place) => ({ path: await user(place), body: place.newUser() }),
  'DELETE /api/auth/users/{id}': async (place) => {
    const { id: successor } = await place.colleague('owner');
    return { path: await user(place), query: `?reassignTo=${successor}` };
  },

  'POST /api/contracts': async (place) => ({ body: { ...contract, externalId: place.unlike() } }),
  'POST /api/contracts/{id}/sign': async (place) => ({ path: await drafted(place) }),
  'POST /api/contracts/{id}/cancel': async (place) => ({ path: await drafted(place), body: {} }),
  'POST /api/contracts/{id}/amend': async (place) => ({
    path: await signed(place),
    body: { terms: { userLimit: 20 } },
  }),
  'POST /api/contracts/{id}/suspend': async (place) => ({ path: await signed(place), body: {} }),
  'POST /api/contracts/{id}/resume': async (place) => {
    const { id } = await signed(place);
    await place.done(`/api/contracts/${id}/suspend`, { method: 'POST', body: {} });
    return { path: { id }, body: {} };
  },
  'POST /api/contracts/{id}/terminate': async (place) => ({ path: await signed(place), body: {} }),
  'POST /api/webhook-sources': async (place) => ({ body: { name: place.unlike() } }),
  'POST /api/webhook-sources/{id}/secrets': async (place) => ({ path: await source(place) }),
  'POST /api/webhook-endpoints': async (place) => ({ body: endpoint(place) }),
  'POST /api/webhook-endpoints/{id}/secrets': async (place) => ({ path: await receiver(place) }),
  'POST /api/webhook-endpoints/{id}/disable': async (place) => ({ path: await receiver(place) }),
  'POST /api/webhook-endpoints/{id}/enable': async (place) => {
    const { id } = await receiver(place);
    await place.done(`/api/webhook-endpoints/${id}/disable`, { method: 'POST' });
    return { path: { id } };
  },

  'POST /api/customers': async (place) => ({ body: place.someone() }),
  'PUT /api/customers/{id}': async (place) => ({ path: await customer(place), body: place.someone() }),
  'DELETE /api/customers/{id}': async (place) => ({ path: await customer(place) }),
  'POST /api/customers/{id}/restore': async (place) => {
    const { id } = await customer(place);
    await place.done(`/api/customers/${id}`, { method: 'DELETE' });
    return { path: { id } };
  },
  'POST /api/customers/{id}/assign': async (place) => {
    const { id: salesId } = await place.colleague('owner');
    return { path: await customer(place), body: { salesId } };
  },
  'POST /api/customers/{id}/claim': async (place) => {
    const { token } = await place.colleague('owner');
    return { path: await customer(place), token };
  },
  'POST /api/customers/{id}/merge': async (place) => ({
    path: await customer(place),
    body: { mergedCustomerId: await place.customer() },
  }),

  'POST /api/approvals': async (place) => {
    const { token } = await place.colleague('requester');
    return { token, body: place.wish(await place.colleague('approver')) };
  },
  'PUT /api/approvals/{id}': async (place) => {
    const { id, approver, requester } = await approval(place);
    const { steps, title } = place.wish(approver);
    return { path: { id }, token: requester.token, body: { steps, title, amount: 5 } };
  },
  'PATCH /api/approvals/{id}/approve': async (place) => {
    const { id, approver } = await approval(place);
    return { path: { id }, token: approver.token };
  },
  'PATCH /api/approvals/{id}/reject': async (place) => {
    const { id, approver } = await approval(place);
    return { path: { id }, token: approver.token, body: { comment: 'No.' } };
  },
  'PATCH /api/approvals/{id}/recall': async (place) => {
    const { id, requester } = await approval(place);
    return { path: { id }, token: requester.token };
  },
  'POST /api/deals': async (place) => ({ body: { ...(await deal(place)), customerId: await place.customer() } }),
  'PUT /api/deals/{id}': async (place) => ({
    path: await opened(place),
    body: { ...(await deal(place)), amount: 2_000, probability: 30 },
  }),
  'DELETE /api/deals/{id}': async (place) => ({ path: await opened(place) }),
  'PATCH /api/deals/{id}/stage': async (place) => ({ path: await opened(place), body: { stage: 'WON' } }),
  'POST /api/deals/{id}/restore': async (place) => {
    const { id } = await opened(place);
    await place.done(`/api/deals/${id}`, { method: 'DELETE' });
    return { path: { id } };
  },
  'POST /api/delegations': async (place) => {
    const { token } = await place.person('MANAGER');
    return { token, body: { ...period(), delegateId: (await place.colleague('approver')).id } };
  },
  'DELETE /api/delegations/{id}': async (place) => {
    const { token } = await place.person('MANAGER');
    const body = { ...period(), delegateId: (await place.colleague('approver')).id };
    return { path: await place.done<Path>('/api/delegations', { token, body }), token };
  },

  'POST /api/meetings': async (place) => ({ body: await meeting(place) }),
  'PUT /api/meetings/{id}': async (place) => ({ path: await met(place), body: { summary: 'x' } }),
  'DELETE /api/meetings/{id}': async (place) => ({ path: await met(place) }),
  'POST /api/meetings/{id}/restore': async (place) => {
    const { id } = await met(place);
    await place.done(`/api/meetings/${id}`, { method: 'DELETE' });
    return { path: { id }, body: {} };
  },
  'POST /api/tasks': async (place) => ({ body: await task(place) }),
  'PUT /api/tasks/{id}': async (place) => ({ path: await written(place), body: { title: 'y', priority: 'LOW' } }),
  'DELETE /api/tasks/{id}': async (place) => ({ path: await written(place) }),
  'PATCH /api/tasks/{id}/status': async (place) => ({ path: await written(place), body: { status: 'COMPLETED' } }),
  'POST /api/tasks/{id}/restore': async (place) => {
    const { id } = await written(place);
    await place.done(`/api/tasks/${id}`, { method: 'DELETE' });
    return { path: { id }, body: {} };
  },
};

type Path = Readonly<{ id: string }>;

async function user(place: Workplace): Promise<Path> {
  return { id: (await place.person('SALES')).id };
}

async function customer(place: Workplace): Promise<Path> {
  return { id: await place.customer() };
}

async function approval(place: Workplace) {
  const [approver, requester] = [await place.colleague('approver'), await place.colleague('requester')];
  return { id: await place.approval(approver, requester), approver, requester };
}

async function drafted(place: Workplace): Promise<Path> {
  return { id: await place.of('/api/contracts', { ...contract, externalId: place.unlike() }) };
}

async function signed(place: Workplace): Promise<Path> {
  const { id } = await drafted(place);
  await place.done(`/api/contracts/${id}/sign`, { method: 'POST' });
  return { id };
}

async function source(place: Workplace): Promise<Path> {
  return { id: await place.of('/api/webhook-sources', { name: place.unlike() }) };
}

function endpoint(place: Workplace): object {
  return { name: place.unlike(), url: 'https://crm.example/hooks' };
}

async function receiver(place: Workplace): Promise<Path> {
  return { id: await place.of('/api/webhook-endpoints', endpoint(place)) };
}

async function deal(place: Workplace): Promise<object> {
  const { id: ownerId } = await place.colleague('owner');
  return { title: '年間契約の更新', amount: 1_000, expectedCloseDate: '2026-03-31', ownerId };
}

async function opened(place: Workplace): Promise<Path> {
  return { id: await place.of('/api/deals', await deal(place)) };
}

async function meeting(place: Workplace): Promise<object> {
  const [customerId, { id: userId }] = [await place.customer(), await place.colleague('owner')];
  return { customerId, userId, date: '2026-01-05T10:00:00Z', summary: '商談実施' };
}

async function met(place: Workplace): Promise<Path> {
  return { id: await place.of('/api/meetings', await meeting(place)) };
}

async function task(place: Workplace): Promise<object> {
  return { title: '見積書を送る', userId: (await place.colleague('owner')).id };
}

async function written(place: Workplace): Promise<Path> {
  return { id: await place.of('/api/tasks', await task(place)) };
}
