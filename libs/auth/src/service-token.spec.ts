import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServiceTokenError, ServiceTokens } from './service-token.js';

/** Speaks identity's protocol from outside: a token endpoint, and a resource that takes only the newest token. */
const system = { issued: 0, expiresIn: 900, secret: 'right', revoked: new Set<string>(), bodies: [] as unknown[] };
let server: ReturnType<typeof createServer>;
let publicUrl: string;

beforeEach(async () => {
  Object.assign(system, { issued: 0, expiresIn: 900, secret: 'right', revoked: new Set<string>(), bodies: [] });
  server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  if (request.url === '/api/auth/token') {
    const body = JSON.parse(await text(request)) as { client_secret: string };
    system.bodies.push(body);
    if (body.client_secret !== system.secret) return { status: 401, body: {} };
    system.issued += 1;
    return { status: 200, body: { access_token: `token-${system.issued}`, expires_in: system.expiresIn } };
  }
  const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
  return { status: system.revoked.has(token) ? 401 : 200, body: { method: request.method, token } };
}

function tokens(clientSecret = 'right'): ServiceTokens {
  return new ServiceTokens({ publicUrl, clientId: 'demo', clientSecret });
}

it('fetches one token for many calls', async () => {
  const client = tokens();
  expect(await Promise.all([client.token(), client.token(), client.token()])).toEqual(Array(3).fill('token-1'));
  expect(await client.token()).toBe('token-1');
  expect(system.bodies).toEqual([{ grant_type: 'client_credentials', client_id: 'demo', client_secret: 'right' }]);
});

it('gets a new token before the old one expires', async () => {
  system.expiresIn = 0;
  const client = tokens();
  expect([await client.token(), await client.token()]).toEqual(['token-1', 'token-2']);
});

it('calls with the token, and once more with a fresh one after a 401', async () => {
  const client = tokens();
  const call = async () => (await client.fetch('/api/things', { method: 'POST' })).json();
  expect(await call()).toEqual({ method: 'POST', token: 'token-1' });
  system.revoked.add('token-1');
  expect(await call()).toEqual({ method: 'POST', token: 'token-2' });
  system.revoked.add('token-2').add('token-3');
  expect((await client.fetch('/api/things')).status).toBe(401);
});

it('says what to check when it is refused, without the secret', async () => {
  const error: unknown = await tokens('wrong-secret')
    .token()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ServiceTokenError);
  expect(String(error)).toContain('Check SERVICE_CLIENT_ID and SERVICE_CLIENT_SECRET.');
  expect(String(error)).not.toContain('wrong-secret');
});

it('recovers after a time in which nothing answered', async () => {
  const client = tokens();
  const { port } = server.address() as AddressInfo;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  await expect(client.token()).rejects.toThrow(`${publicUrl} does not answer.`);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(await client.token()).toBe('token-1');
});
