import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeJson } from '#libs/local-stack/src/files.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { ask } from '../../scripts/faults/answer.js';
import { CrmPlace } from '../../scripts/faults/crm/crm-place.js';
import { wrongEffects } from '../../scripts/faults/crm/run-crm-kills.js';
import type { RawEvent } from '../../scripts/faults/raw-log.js';

const answer = { what: 'POST /api/customers', status: 201, headers: new Headers(), text: '{}' };
const sent = { correlationId: 'one', effects: ['customer.created'], answer };
const event = (type: string, metadata: object = {}): RawEvent => ({
  id: 'e',
  stream: 'customer-1',
  revision: 0,
  position: 1n,
  type,
  data: {},
  metadata: { correlationId: 'one', ...metadata },
});

describe('the effects of a command', () => {
  it('are right when each stands in the log once', () => {
    expect(wrongEffects([sent], [event('customer.created')])).toEqual([]);
  });

  it('are not those of policies, nor of other commands', () => {
    const others = [event('deal.opened', { causationId: 'e' }), event('task.created', { correlationId: 'two' })];
    expect(wrongEffects([sent], [event('customer.created'), ...others])).toEqual([]);
  });

  it('are wrong when one is missing, too many or another one', () => {
    expect(wrongEffects([sent], [])).toEqual(['POST /api/customers is to store customer.created and stored nothing']);
    const twice = [event('customer.created'), event('customer.created')];
    expect(wrongEffects([sent], twice)).toHaveLength(1);
    expect(wrongEffects([sent], [event('customer.updated')])).toHaveLength(1);
  });
});

it('a run of any length signs in again before its tokens expire, and goes on with them while identity is away', async () => {
  let signedIn = 0;
  let away = false;
  const used: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const path = request.url!;
    if (!path.startsWith('/api/auth/')) used.push(request.headers.authorization);
    if (path === '/api/auth/login') signedIn += 1;
    const token = `token-${signedIn}`;
    response
      .writeHead(away ? 503 : 200)
      .end(JSON.stringify({ accessToken: token, access_token: token, user: { id: 'a' } }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dataDir = temporaryFolder();
  writeJson(join(dataDir, 'ports.json'), { identity: port, customer: port });
  writeJson(join(dataDir, 'first-administrator.json'), {});
  writeJson(join(dataDir, 'service-clients.json'), [{ id: 'crm', secret: 'x' }]);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());

  const place = await CrmPlace.enter({ dataDir, parts: {}, env: {} });
  const read = { context: 'customer', method: 'GET', path: '/api/customers' } as const;
  const after = async (minutes: number) => {
    vi.setSystemTime(Date.now() + minutes * 60_000);
    await place.ask(read);
    return used.at(-1);
  };
  expect([await after(9), await after(1)]).toEqual(['Bearer token-1', 'Bearer token-2']);
  away = true;
  expect([await after(10), await after(0)]).toEqual(['Bearer token-2', 'Bearer token-2']);
  expect(signedIn).toBe(3);
  away = false;
  expect(await after(1)).toBe('Bearer token-4');
});

it('a request that nobody listened to is told from one that got no answer', async () => {
  const server = createServer((request) => request.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await ask(url)).toMatchObject({ status: undefined, unsent: false });
  server.close();
  await once(server, 'close');
  expect(await ask(url)).toMatchObject({ status: undefined, unsent: true });
});
