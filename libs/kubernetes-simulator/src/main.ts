import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { loadIdentity, writeKubeconfig } from './certificates.js';
import { Controllers } from './controllers/controllers.js';
import { memoryOnly, openDisk } from './disk.js';
import { Failures } from './failures.js';
import { kindNamed } from './kinds.js';
import { createApiServer } from './server.js';
import { ObjectStore } from './store.js';
import { Writer } from './writes.js';

const USAGE = `Usage: main.js (--data DIR | --in-memory) --port N --kubeconfig FILE [--host 127.0.0.1] [--pod-start-ms 300] [--exit-with-parent]`;

interface Settings {
  data: string | undefined;
  host: string;
  port: number;
  kubeconfig: string;
  podStartMs: number;
  exitWithParent: boolean;
}

class UsageError extends Error {}

function readSettings(argv: string[]): Settings {
  const { values } = parseArgs({
    args: argv,
    options: {
      data: { type: 'string' },
      'in-memory': { type: 'boolean', default: false },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      kubeconfig: { type: 'string' },
      'pod-start-ms': { type: 'string', default: '300' },
      'exit-with-parent': { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  const podStartMs = Number(values['pod-start-ms']);
  if ((values.data === undefined) !== values['in-memory'])
    throw new UsageError('give either --data DIR or --in-memory');
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError('--port must be 0 (any free port) to 65535');
  if (!values.kubeconfig) throw new UsageError('--kubeconfig FILE is missing');
  if (!Number.isInteger(podStartMs) || podStartMs < 0)
    throw new UsageError('--pod-start-ms must be 0 or more milliseconds');
  return {
    data: values.data,
    host: values.host,
    port,
    kubeconfig: values.kubeconfig,
    podStartMs,
    exitWithParent: values['exit-with-parent'],
  };
}

function seedNamespaces(store: ObjectStore, writer: Writer): void {
  const options = { manager: 'kube-apiserver', force: false, dryRun: false, fieldValidation: 'Warn', warnings: [] };
  for (const name of ['default', 'kube-system']) {
    if (store.get(kindNamed('Namespace'), '', name)) continue;
    writer.create(kindNamed('Namespace'), '', { metadata: { name } }, { ...options, subresource: '' });
  }
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  if (settings.data) await mkdir(settings.data, { recursive: true, mode: 0o700 });
  const identity = await loadIdentity(settings.data);
  const store = new ObjectStore(settings.data ? openDisk(settings.data) : memoryOnly);
  const writer = new Writer(store);
  const failures = new Failures(store, writer);
  const server = createApiServer(store, writer, failures, identity);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, settings.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stopControllers = new Controllers(store, writer, {
    podStartMs: settings.podStartMs,
    certificateAuthority: identity.ca,
    failures,
  }).start();
  seedNamespaces(store, writer);
  await writeKubeconfig(settings.kubeconfig, identity, `https://${settings.host}:${port}`);

  const stop = () => {
    stopControllers();
    process.stdin.destroy();
    server.close(() => void store.close());
    server.closeAllConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // The parent holds the other end of standard input; it closes when the parent goes, however it goes.
  if (settings.exitWithParent) process.stdin.once('end', stop).resume();
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `${message}. Stop the program that uses the port, or give another --port`;
  return error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS') ? `${message}\n${USAGE}` : message;
}

main().catch((error: unknown) => {
  process.stderr.write(`kubernetes-simulator: ${explain(error)}\n`);
  process.exit(1);
});
