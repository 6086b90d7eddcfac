import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { kubernetesSimulatorMain, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keiyaku-simulator-spec-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, [kubernetesSimulatorMain, ...args], { encoding: 'utf8' });

async function call(
  kubeconfig: string,
  method: string,
  path: string,
  options: { body?: unknown; token?: string } = {},
) {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters[0]?.cluster;
  const ca = Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64');
  const authorization = `Bearer ${options.token ?? users[0]?.user.token ?? ''}`;
  const outgoing = request(new URL(path, cluster?.server), { ca, method, headers: { authorization }, agent: false });
  outgoing.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  const [answer] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  return { status: answer.statusCode, text };
}

describe('the simulator process', () => {
  it('writes a kubeconfig that only its owner can read', async () => {
    const simulator = await startKubernetesSimulator();
    expect((await stat(simulator.kubeconfig)).mode & 0o777).toBe(0o600);
    expect(await call(simulator.kubeconfig, 'GET', '/readyz')).toEqual({ status: 200, text: 'ok' });
    await simulator.stop();
  });

  it('answers 401 to a wrong token', async () => {
    const simulator = await startKubernetesSimulator();
    const answer = await call(simulator.kubeconfig, 'GET', '/api/v1/namespaces', { token: 'wrong' });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    await simulator.stop();
  });

  it('keeps its objects and its kubeconfig through kill -9', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const first = await startKubernetesSimulator({ data: folder, kubeconfig });
    const body = { metadata: { name: 'kept' }, data: { a: '1' } };
    const created = await call(kubeconfig, 'POST', '/api/v1/namespaces/default/configmaps', { body });
    expect(created.status).toBe(201);
    await first.kill('SIGKILL');

    const before = await readFile(kubeconfig, 'utf8');
    const second = await startKubernetesSimulator({ data: folder, kubeconfig, port: first.port });
    expect(await readFile(kubeconfig, 'utf8')).toBe(before);
    const found = await call(kubeconfig, 'GET', '/api/v1/namespaces/default/configmaps/kept');
    expect(JSON.parse(found.text)).toEqual(JSON.parse(created.text));
    await second.stop();
  });

  it('takes up a rollout that a kill interrupted', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    const first = await startKubernetesSimulator({ data: folder, kubeconfig, podStartMs: 60_000 });
    const labels = { app: 'web' };
    const spec = {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    };
    await call(kubeconfig, 'POST', '/apis/apps/v1/namespaces/default/deployments', {
      body: { metadata: { name: 'web' }, spec },
    });
    await eventually(async () => {
      const pods = await call(kubeconfig, 'GET', '/api/v1/namespaces/default/pods');
      expect(JSON.parse(pods.text)).toMatchObject({ items: [{ status: { phase: 'Pending' } }] });
    });
    await first.kill('SIGKILL');

    const second = await startKubernetesSimulator({ data: folder, kubeconfig });
    await eventually(async () => {
      const found = await call(kubeconfig, 'GET', '/apis/apps/v1/namespaces/default/deployments/web');
      expect(JSON.parse(found.text)).toMatchObject({ status: { readyReplicas: 1 } });
    });
    await second.stop();
  });

  it('exits 0 on SIGTERM', async () => {
    const simulator = await startKubernetesSimulator();
    expect(await simulator.kill('SIGTERM')).toBe(0);
  });

  it('ends when the process that started it goes', async () => {
    const args = ['--in-memory', '--port', '0', '--kubeconfig', join(folder, 'kubeconfig'), '--exit-with-parent'];
    const child = spawn(process.execPath, [kubernetesSimulatorMain, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says in one line that the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const port = String((holder.address() as AddressInfo).port);
    const { status, stderr } = run('--in-memory', '--port', port, '--kubeconfig', join(folder, 'kubeconfig'));
    holder.close();
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^kubernetes-simulator: .*EADDRINUSE.*:${port}.*another --port\n$`));
  });

  it.each([
    [['--port', '0', '--kubeconfig', 'k'], 'either --data DIR or --in-memory'],
    [['--in-memory', '--port', 'x', '--kubeconfig', 'k'], '--port must be 0'],
    [['--in-memory', '--port', '0'], '--kubeconfig FILE is missing'],
    [['--in-memory', '--port', '0', '--kubeconfig', 'k', '--pod-start-ms', '-'], '--pod-start-ms'],
    [['--in-memory', '--bogus'], '--bogus'],
  ])('explains wrong arguments %s', (args, message) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain('Usage: main.js');
  });

  it('answers malformed and oversized bodies with a clear error', async () => {
    const simulator = await startKubernetesSimulator();
    const path = '/api/v1/namespaces/default/configmaps';
    expect(await call(simulator.kubeconfig, 'POST', path, { body: [1] })).toMatchObject({
      status: 400,
      text: expect.stringContaining('the body must be a JSON object'),
    });
    const huge = { metadata: { name: 'huge' }, data: { a: 'x'.repeat(4 * 1024 * 1024) } };
    expect((await call(simulator.kubeconfig, 'POST', path, { body: huge })).status).toBe(413);
    await simulator.stop();
  });
});
