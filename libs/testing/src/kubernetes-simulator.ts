import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface KubernetesSimulatorOptions {
  /** The folder that keeps the objects; without it nothing outlives the process. */
  readonly data?: string;
  /** Where the kubeconfig is written; the default is a temporary file that goes with the process. */
  readonly kubeconfig?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** How long a pod takes from scheduled to ready, in milliseconds. */
  readonly podStartMs?: number;
}

export interface KubernetesSimulator {
  /** Path of the kubeconfig that leads to it. */
  readonly kubeconfig: string;
  readonly port: number;
  readonly pid: number;
  /** Sends the signal and waits until the process is gone. Answers its exit code; null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Ends the process cleanly; harmless when it is already gone. */
  stop(): Promise<void>;
}

/** Compiled, because Node cannot run the sources: `npm run build` comes first. */
export const kubernetesSimulatorMain = fileURLToPath(
  new URL('../../../dist/libs/kubernetes-simulator/src/main.js', import.meta.url),
);

/** Starts the Kubernetes simulator as a process of its own; it ends with the process that started it. */
export async function startKubernetesSimulator(options: KubernetesSimulatorOptions = {}): Promise<KubernetesSimulator> {
  const folder = await mkdtemp(join(tmpdir(), 'keiyaku-kubernetes-'));
  const kubeconfig = options.kubeconfig ?? join(folder, 'kubeconfig');
  const place = options.data === undefined ? ['--in-memory'] : ['--data', options.data];
  const port = ['--port', String(options.port ?? 0)];
  const speed = ['--pod-start-ms', String(options.podStartMs ?? 50)];
  const child = spawn(
    process.execPath,
    [kubernetesSimulatorMain, ...place, ...port, ...speed, '--kubeconfig', kubeconfig, '--exit-with-parent'],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
    return child.exitCode;
  };
  const ready = await readyPort(child);
  return { kubeconfig, port: ready, pid: child.pid ?? 0, kill, stop: async () => void (await kill('SIGTERM')) };
}

async function readyPort(child: ChildProcess): Promise<number> {
  let out = '';
  let complaints = '';
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      reject(new Error(`The Kubernetes simulator ended (${code ?? signal}) before it was ready: ${complaints.trim()}`)),
    );
    child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const line = out.split('\n').find((candidate) => candidate.startsWith('{"ready":true'));
      if (line !== undefined && out.includes(`${line}\n`)) resolve((JSON.parse(line) as { port: number }).port);
    });
  });
}
