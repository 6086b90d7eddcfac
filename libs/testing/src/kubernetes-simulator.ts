import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServerProcess } from './server-process.js';

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

export interface KubernetesSimulator extends ServerProcess {
  /** Path of the kubeconfig that leads to it. */
  readonly kubeconfig: string;
}

export const kubernetesSimulatorMain = fileURLToPath(
  new URL('../../../dist/libs/kubernetes-simulator/src/main.js', import.meta.url),
);

/** Starts the Kubernetes simulator as a process of its own; it ends with the process that started it. */
export async function startKubernetesSimulator({
  data,
  kubeconfig: file,
  port = 0,
  podStartMs = 50,
}: KubernetesSimulatorOptions = {}): Promise<KubernetesSimulator> {
  const folder = await mkdtemp(join(tmpdir(), 'keiyaku-kubernetes-'));
  const kubeconfig = file ?? join(folder, 'kubeconfig');
  const place = data === undefined ? ['--in-memory'] : ['--data', data];
  const options = ['--port', `${port}`, '--pod-start-ms', `${podStartMs}`, '--kubeconfig', kubeconfig];
  const server = await startServerProcess(kubernetesSimulatorMain, [...place, ...options, '--exit-with-parent']);
  const kill = async (signal: NodeJS.Signals): Promise<number | null> => {
    const code = await server.kill(signal);
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  return { ...server, kubeconfig, kill, stop: async () => void (await kill('SIGTERM')) };
}
