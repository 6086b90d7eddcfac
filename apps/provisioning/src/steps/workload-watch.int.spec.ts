import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import type { KubernetesObject } from '../kubernetes/resources.js';
import { WorkloadWatch } from './workload-watch.js';

let simulator: KubernetesSimulator;
let cluster: KubernetesClient;
let watch: WorkloadWatch;

beforeAll(async () => {
  simulator = await startKubernetesSimulator();
  cluster = await KubernetesClient.fromKubeconfig(simulator.kubeconfig);
  watch = new WorkloadWatch(cluster);
  for (const name of ['one', 'two']) await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});

afterAll(async () => {
  watch.close();
  cluster.close();
  await simulator.stop();
});

async function apply(object: KubernetesObject): Promise<void> {
  await cluster.apply(object, { fieldManager: 'spec' });
}

const ours = { 'app.kubernetes.io/managed-by': 'keiyaku' };

function deployment(namespace: string, name: string, image = 'web:1'): KubernetesObject {
  const labels = { app: name, ...ours };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'web', image: `registry.example/${image}` }] },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: ours },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  };
}

/** Opens the watch for a namespace; it rings when the watch itself is up: once for Deployments and once for pods. */
function bell(namespace: string) {
  let count = 0;
  const end = watch.open(namespace, () => (count += 1));
  return { end, rings: () => count };
}

it('rings for those alone whose Deployment is up, and no longer when they have gone', async () => {
  const [one, two] = [bell('one'), bell('two')];
  await eventually(() => expect([one.rings(), two.rings()]).toEqual([2, 2]));
  await apply(deployment('one', 'first'));
  await eventually(() => expect(one.rings()).toBeGreaterThan(2));
  expect(two.rings()).toBe(2);

  const rung = one.rings();
  one.end();
  await apply(deployment('one', 'second'));
  await apply(deployment('two', 'third'));
  await eventually(() => expect(two.rings()).toBeGreaterThan(2));
  expect(one.rings()).toBe(rung);
  two.end();
});

it('opens again for the next one after everybody has gone', async () => {
  const again = bell('two');
  await eventually(() => expect(again.rings()).toBe(2));
  await apply(deployment('two', 'fourth'));
  await eventually(() => expect(again.rings()).toBeGreaterThan(2));
  again.end();
});

it('rings when a pod fails, which its Deployment does not tell', async () => {
  const { end, rings } = bell('one');
  await eventually(() => expect(rings()).toBe(2));
  await apply(deployment('one', 'missing', 'missing:1'));
  await eventually(() => expect(rings()).toBeGreaterThan(2));
  end();
});
