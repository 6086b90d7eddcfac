import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '#libs/http/src/bootstrap.js';
import type { TokenIssuer } from '#libs/testing/src/token-issuer.js';
import { createGateway } from './gateway.js';
import { serviceNames } from './route-table.js';
import { serviceUrls } from './settings.js';
import { silent, type SpecGateway, startSpecGateway } from './spec-gateway.js';

let spec: SpecGateway;
let services: SpecGateway['services'];
let issuer: TokenIssuer;
let origin: string;

beforeAll(async () => {
  spec = await startSpecGateway();
  ({ services, issuer } = spec);
  origin = `http://127.0.0.1:${await listen(spec.gateway, 0)}`;
});

afterAll(() => spec?.stop());

beforeEach(() => {
  for (const [name, service] of Object.entries(services)) {
    service.answer((_request, response) => {
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ service: name }));
    });
  }
});

const asAmy = (): { authorization: string } => issuer.bearer({ sub: 'amy' });

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  return { retryAfter: answer.headers.get('retry-after'), ...((await answer.json()) as object) };
}

describe('a request', () => {
  it.each([
    ['/api/auth/me', 'identity', '/api/auth/me'],
    ['/api/contracts?limit=1', 'contract', '/api/contracts?limit=1'],
    ['/contracts/7', 'contract', '/api/contracts/7'],
    ['/api/environments/7/timeline', 'provisioning', '/api/environments/7/timeline'],
    ['/credentials/page.js', 'provisioning', '/credentials/page.js'],
    ['/api/deliveries', 'notification', '/api/deliveries'],
  ] as const)('for %s reaches %s', async (path, service, arrives) => {
    const answer = await fetch(origin + path, { headers: asAmy() });
    expect([answer.status, await answer.json()]).toEqual([200, { service }]);
    expect(services[service].requests.at(-1)!.url).toBe(arrives);
  });

  it('arrives as it was sent, with where it came from', async () => {
    const body = '{ "signed":\t"to the byte",  "n": 1.0 }';
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'webhook-signature': 'v1,abc',
      'idempotency-key': 'k-1',
      'x-correlation-id': 'my-correlation-id',
      'x-forwarded-for': '10.9.9.9',
      forwarded: 'for=10.9.9.9',
    };
    await fetch(`${origin}/api/webhooks/crm/one`, { method: 'POST', headers, body });
    const arrived = services.contract.requests.at(-1)!;
    expect(arrived.body.toString()).toBe(body);
    expect(arrived.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'webhook-signature': 'v1,abc',
      'idempotency-key': 'k-1',
      'x-correlation-id': 'my-correlation-id',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': new URL(origin).host,
      'x-forwarded-proto': 'http',
    });
    expect(arrived.headers).not.toHaveProperty('forwarded');
  });

  it('gets the whole answer of the service, and none of its connection', async () => {
    services.contract.answer((_request, response) => {
      response.writeHead(201, { ETag: '"3"', 'X-Event-Position': '77', Vary: 'Accept-Language', Connection: 'close' });
      response.end('made');
    });
    const answer = await fetch(`${origin}/api/contracts`, { method: 'POST', headers: asAmy() });
    expect([answer.status, await answer.text()]).toEqual([201, 'made']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      etag: '"3"',
      'x-event-position': '77',
      vary: 'Accept-Language',
      'x-content-type-options': 'nosniff',
      'ratelimit-limit': '6000',
    });
    expect(answer.headers.get('connection')).not.toBe('close');
  });

  it('without a valid token ends here, unless the route is open', async () => {
    const before = services.contract.requests.length;
    const answers = await Promise.all([
      fetch(`${origin}/api/contracts`),
      fetch(`${origin}/api/contracts`, { headers: { authorization: 'Bearer forged' } }),
      fetch(`${origin}/api/contracts`, { headers: issuer.bearer({ sign: { expiresIn: '-1m' } }) }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(await problemOf(answers[2])).toMatchObject({
      code: 'unauthenticated',
      detail: 'The access token has expired. Refresh it or sign in again.',
    });
    expect(services.contract.requests).toHaveLength(before);
    const headers = { authorization: 'Bearer forged' };
    expect((await fetch(`${origin}/api/auth/refresh`, { method: 'POST', headers })).status).toBe(200);
  });

  it('for a path of nobody is answered 404 and reaches nobody', async () => {
    const answer = await fetch(`${origin}/api/nothing`, { headers: asAmy() });
    expect(await problemOf(answer)).toMatchObject({ status: 404, code: 'route_not_found' });
  });

  it.each(['/credentials/../metrics', '/credentials/%2e%2e/metrics', '/credentials/./page.js'])(
    'for %s, which would be another path where it arrives, is refused',
    async (path) => {
      const sending = httpRequest({ ...urlToHttpOptions(new URL(origin)), path });
      sending.end();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(400);
    },
  );

  it('with a body that is too large or no JSON ends here', async () => {
    const send = (body: string): Promise<Response> =>
      fetch(`${origin}/api/contracts`, {
        method: 'POST',
        headers: { ...asAmy(), 'content-type': 'application/json' },
        body,
      });
    expect(await problemOf(await send('{'))).toMatchObject({ code: 'malformed_json' });
    expect(await problemOf(await send(JSON.stringify('x'.repeat(1024 * 1024))))).toMatchObject({
      code: 'payload_too_large',
    });
  });
});

describe('what flows', () => {
  it('goes to the service while it still arrives', async () => {
    const { promise: first, resolve: firstArrived } = Promise.withResolvers<string>();
    const { promise: all, resolve: allArrived } = Promise.withResolvers<string>();
    services.contract.take((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => firstArrived((body += chunk.toString())));
      request.on('end', () => response.end(allArrived(body)));
    });
    const headers = { ...asAmy(), 'content-type': 'text/csv' };
    const sending = httpRequest(`${origin}/api/contracts/import`, { method: 'POST', headers });
    sending.write('name\n');
    expect(await first).toBe('name\n');
    sending.end('amy\n');
    expect(await all).toBe('name\namy\n');
    await once(sending, 'response');
  });

  it('comes from the service as it is sent, and ends there when the reader goes', async () => {
    const { promise: gone, resolve: readerGone } = Promise.withResolvers<void>();
    services.provisioning.answer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' });
      response.write('id: 1\ndata: {}\n\n');
      response.on('close', readerGone);
    });
    const reading = new AbortController();
    const headers = { ...asAmy(), 'last-event-id': '0' };
    const answer = await fetch(`${origin}/api/environments/events`, { headers, signal: reading.signal });
    expect(services.provisioning.requests.at(-1)!.headers['last-event-id']).toBe('0');
    const { value } = await answer.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe('id: 1\ndata: {}\n\n');
    reading.abort();
    await gone;
  });

  it('ends when the gateway stops', async () => {
    const other = await createGateway(silent);
    const url = `http://127.0.0.1:${await listen(other, 0)}/api/environments/events`;
    services.provisioning.answer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
      response.write(': hello\n\n');
    });
    const answer = await fetch(url, { headers: asAmy() });
    await other.close();
    expect(await answer.text()).toBe(': hello\n\n');
  });
});

describe('a service that is away', () => {
  const get = (path: string): Promise<Response> => fetch(origin + path, { headers: asAmy() });
  const post = (path: string): Promise<Response> => fetch(origin + path, { method: 'POST', headers: asAmy() });

  it('gives 503 for its own paths and leaves the others alone', async () => {
    const url = process.env['NOTIFICATION_URL'];
    process.env['NOTIFICATION_URL'] = 'http://127.0.0.1:9';
    const other = await createGateway(silent);
    process.env['NOTIFICATION_URL'] = url;
    const there = `http://127.0.0.1:${await listen(other, 0)}`;
    try {
      const expected = { status: 503, code: 'service_unavailable', service: 'notification', retryAfter: '2' };
      for (const method of ['GET', 'POST', 'POST', 'POST', 'POST', 'POST', 'GET']) {
        const answer = await fetch(`${there}/api/webhook-endpoints`, { method, headers: asAmy() });
        expect(await problemOf(answer)).toMatchObject(expected);
      }
      expect((await fetch(`${there}/api/contracts`, { headers: asAmy() })).status).toBe(200);
      expect(await (await fetch(`${there}/health`)).json()).toMatchObject({
        status: 'degraded',
        services: { identity: { reachable: true }, notification: { reachable: false } },
      });
      expect((await fetch(`${there}/ready`)).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it('is asked again for what only reads, and never for a change', async () => {
    let tries = 0;
    services.contract.take((request, response) => {
      tries += 1;
      if (tries === 1 || request.method === 'POST') request.socket.destroy();
      else response.end('read');
    });
    expect(await (await get('/api/contracts')).text()).toBe('read');
    expect(tries).toBe(2);
    expect(await problemOf(await post('/api/contracts'))).toMatchObject({
      status: 503,
      code: 'service_outcome_unknown',
      service: 'contract',
      retryAfter: '2',
    });
    expect(tries).toBe(3);
  });

  it('is not asked any more when it hangs, until it answers again', async () => {
    let asked = 0;
    services.notification.take(() => void (asked += 1));
    const codes: unknown[] = [];
    const reachable = async (): Promise<string | undefined> =>
      /^gateway_service_reachable\{service="notification"\} (\d)$/m.exec(
        await (await fetch(`${origin}/metrics`)).text(),
      )?.[1];
    expect(await reachable()).toBe('1');
    for (let number = 0; number < 7; number += 1) codes.push((await problemOf(await get('/api/deliveries')))['code']);
    expect(codes).toEqual(Array.from({ length: 7 }, () => 'service_unavailable'));
    expect(asked).toBe(5);
    expect(await reachable()).toBe('0');
    services.notification.answer((_request, response) => void response.end('back'));
    await expect.poll(async () => (await get('/api/deliveries')).status, { timeout: 10_000 }).toBe(200);
  });

  it('holds only its own share of the gateway', async () => {
    const other = await createGateway({ ...silent, serviceAnswersWithinMs: 20_000 });
    const there = `http://127.0.0.1:${await listen(other, 0)}`;
    try {
      const held: (() => void)[] = [];
      services.notification.take((_request, response) => void held.push(() => response.end('late')));
      const ask = (path: string): Promise<Response> => fetch(there + path, { headers: asAmy() });
      const waiting = Array.from({ length: 257 }, () => ask('/api/deliveries'));
      const refused = await problemOf(await Promise.race(waiting));
      expect(refused).toMatchObject({ code: 'service_overloaded', service: 'notification', retryAfter: '1' });
      expect((await ask('/api/contracts')).status).toBe(200);
      await expect.poll(() => held.length).toBe(256);
      for (const release of held) release();
      const statuses = (await Promise.all(waiting)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(256);
    } finally {
      await other.close();
    }
  });
});

it('/docs/openapi.json is made once for all who ask within some seconds, and sent only to those who do not have it', async () => {
  const document = (path: string): string => JSON.stringify({ openapi: '3.0.0', info: {}, paths: { [path]: {} } });
  let asked = 0;
  services.contract.answer((_request, response) => void ((asked += 1), response.end(document('/api/contracts'))));
  services.customer.answer((_request, response) => response.writeHead(500).end());
  const read = (headers = {}): Promise<Response> => fetch(`${origin}/docs/openapi.json`, { headers });
  const answers = await Promise.all(Array.from({ length: 20 }, () => read()));
  const documents = (await Promise.all(answers.map((answer) => answer.json()))) as { paths: object }[];
  expect(asked).toBe(1);
  expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.get('etag')}`)).size).toBe(1);
  for (const { paths } of documents) expect(paths).toHaveProperty('/api/contracts');
  const etag = answers[0]!.headers.get('etag')!;
  const again = await read({ 'if-none-match': etag });
  expect([again.status, await again.text()]).toEqual([304, '']);
  expect((await read({ 'if-none-match': '"another"' })).status).toBe(200);
});

it('/health tells which services answer', async () => {
  const { status, services: told } = (await (await fetch(`${origin}/health`)).json()) as {
    status: string;
    services: Record<string, { reachable: boolean; ms: number }>;
  };
  expect(status).toBe('ok');
  expect(Object.keys(told)).toEqual(serviceNames);
});

it('takes the usual port of each service on this machine, unless told', () => {
  expect(serviceUrls({ CONTRACT_URL: 'http://contract:80' })).toMatchObject({
    identity: 'http://127.0.0.1:3100',
    contract: 'http://contract:80',
  });
});
