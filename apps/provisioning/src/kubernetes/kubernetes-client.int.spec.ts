import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KubernetesUnreachable } from './errors.js';
import { KubernetesClient } from './kubernetes-client.js';
import { Transport } from './transport.js';

const REF = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'env', name: 'one' };

let folder: string;
let server: Server | undefined;
const sockets = new Set<Socket>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keiyaku-client-spec-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  sockets.clear();
});

async function kubeconfig(url: string, user: object = { token: 'secret-token' }): Promise<string> {
  const file = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** A server that answers as a cluster in trouble does. */
async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  server.on('connection', (socket) => sockets.add(socket));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('KubernetesClient', () => {
  it('keeps one connection for many requests', async () => {
    const url = await serve((_, response) => response.end(JSON.stringify({ gitVersion: 'v1.34.9' })));
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    for (let i = 0; i < 5; i += 1) expect(await client.version()).toBe('v1.34.9');
    expect(sockets.size).toBe(1);
    client.close();
  });

  it('never opens more than eight connections', async () => {
    const url = await serve((_, response) => setImmediate(() => response.end(JSON.stringify({ gitVersion: 'v1' }))));
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    await Promise.all(Array.from({ length: 40 }, () => client.version()));
    expect(sockets.size).toBeLessThanOrEqual(8);
    client.close();
  });

  it('reads Retry-After and texts that are no Status', async () => {
    const url = await serve((_, response) => response.writeHead(429, { 'retry-after': '7' }).end('slow down'));
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    await expect(client.get(REF)).rejects.toMatchObject({
      status: 429,
      message: 'slow down',
      retryAfterSeconds: 7,
      object: 'ConfigMap one in env',
    });
    client.close();
  });

  it('says which server cannot be reached', async () => {
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig('http://127.0.0.1:1'));
    const error: unknown = await client.version().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KubernetesUnreachable);
    expect((error as Error).message).toMatch(/http:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/);
    expect((error as Error).message).not.toContain('secret-token');
    client.close();
  });

  it('gives up after the time-out', async () => {
    const url = await serve(() => undefined);
    const transport = await Transport.connect({ path: await kubeconfig(url) });
    const answer = transport.send({ method: 'GET', path: '/version', timeoutMs: 50 });
    await expect(answer).rejects.toThrow('no answer within 0.05 s');
    transport.close();
  });

  it('stops when the caller aborts, with its reason', async () => {
    const abort = new AbortController();
    const url = await serve(() => abort.abort(new Error('a newer state came')));
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    await expect(client.get(REF, abort.signal)).rejects.toThrow('a newer state came');
    client.close();
  });

  it('repeats a request whose kept connection the server had just closed', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.destroy();
      else response.end(JSON.stringify({ gitVersion: 'v1' }));
    });
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    await client.version();
    expect(await client.version()).toBe('v1');
    expect(requests).toBe(3);
    client.close();
  });

  it('reads the token again when it is not accepted any more', async () => {
    const tokens: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      tokens.push(request.headers.authorization);
      response.writeHead(tokens.length === 1 ? 401 : 200).end(JSON.stringify({ gitVersion: 'v1' }));
    });
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    expect(await client.version()).toBe('v1');
    expect(tokens).toEqual(['Bearer secret-token', 'Bearer secret-token']);
    client.close();
  });

  it.each([
    ['applies', {}, {}],
    ['rehearses', { dryRun: true, force: true }, { dryRun: 'All', force: 'true' }],
  ])('%s an object with strict validation: a field that the server does not know is refused', async (_, how, more) => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(JSON.stringify({ metadata: { name: 'one' } }));
    });
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    const { apiVersion, kind, ...metadata } = REF;
    await client.apply({ apiVersion, kind, metadata }, { fieldManager: 'keiyaku', ...how });
    const [path, query] = asked.join().split('?');
    expect(path).toBe('PATCH /api/v1/namespaces/env/configmaps/one');
    const parameters = { fieldManager: 'keiyaku', fieldValidation: 'Strict', ...more };
    expect(Object.fromEntries(new URLSearchParams(query))).toEqual(parameters);
    client.close();
  });

  it('reads lists page by page', async () => {
    const url = await serve((request, response) => {
      const second = request.url?.includes('continue=more');
      const metadata = { resourceVersion: '5', ...(!second && { continue: 'more' }) };
      response.end(JSON.stringify({ metadata, items: [{ metadata: { name: second ? 'b' : 'a' } }] }));
    });
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    const { items } = await client.list({ apiVersion: 'v1', kind: 'ConfigMap' }, 'env');
    expect(items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
    client.close();
  });

  it('ends a watch whose connection is cut', async () => {
    const url = await serve((request, response) => {
      const object = { metadata: { name: 'one' } };
      response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`, () => request.socket.destroy());
    });
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig(url));
    const seen = [];
    for await (const event of client.watch({ apiVersion: 'v1', kind: 'ConfigMap' }, { timeoutSeconds: 30 }))
      seen.push(event.type);
    expect(seen).toEqual(['ADDED']);
    client.close();
  });

  it('refuses what it has no path for', async () => {
    const client = await KubernetesClient.fromKubeconfig(await kubeconfig('http://127.0.0.1:1'));
    await expect(client.get({ ...REF, kind: 'Thing' })).rejects.toThrow('not in the table');
    await expect(client.get({ apiVersion: 'v1', kind: 'Secret', name: 'one' })).rejects.toThrow('needs a namespace');
    client.close();
  });

  it('says what a kubeconfig without a context lacks', async () => {
    const file = join(folder, 'empty');
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [], users: [], contexts: [] }));
    await expect(KubernetesClient.fromKubeconfig(file)).rejects.toThrow('set current-context');
  });
});
