import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { KubernetesApiError } from '#apps/provisioning/src/kubernetes/errors.js';
import { KubernetesClient } from '#apps/provisioning/src/kubernetes/kubernetes-client.js';
import type { KubernetesObject } from '#apps/provisioning/src/kubernetes/resources.js';
import { startKubernetesSimulator, type KubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';

const realKubeconfig = process.env['KUBECONFIG'];

/**
 * Cases that bring pods up are left out against a real API server: their images stand in no registry, so only the
 * simulator's kubelet can play them. (The facts in the reference were measured without a kubelet, too.)
 */
export const withoutKubelet = realKubeconfig !== undefined;

export const FIELD_MANAGER = 'contract-suite';

export interface Cluster {
  client: KubernetesClient;
  kubeconfig: string;
  /** Makes a namespace with a name of its own; it is deleted after the file's last test. */
  namespace(labels?: Record<string, string>): Promise<string>;
  apply(object: KubernetesObject): Promise<KubernetesObject>;
}

/** The API server that the suite runs against: the one `KUBECONFIG` leads to, or a fresh simulator per file. */
export function useCluster(): Cluster {
  let simulator: KubernetesSimulator | undefined;
  const names: string[] = [];
  const cluster = {} as Cluster;

  beforeAll(async () => {
    simulator = realKubeconfig ? undefined : await startKubernetesSimulator();
    cluster.kubeconfig = realKubeconfig ?? simulator?.kubeconfig ?? '';
    cluster.client = await KubernetesClient.fromKubeconfig(cluster.kubeconfig);
  });

  afterAll(async () => {
    for (const name of names) await cluster.client.delete({ apiVersion: 'v1', kind: 'Namespace', name });
    cluster.client.close();
    await simulator?.stop();
  });

  cluster.apply = async (object) => {
    const applied = await cluster.client.apply(object, { fieldManager: FIELD_MANAGER });
    return applied.object;
  };
  cluster.namespace = async (labels = {}) => {
    const name = `contract-${randomBytes(6).toString('hex')}`;
    names.push(name);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    return name;
  };
  return cluster;
}

/** Answers the error that the API server gave; fails when it gave none. */
export async function refusal(promise: Promise<unknown>): Promise<KubernetesApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KubernetesApiError);
  return error as KubernetesApiError;
}
