import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { classify } from '#apps/provisioning/src/kubernetes/classify.js';
import { KubernetesClient } from '#apps/provisioning/src/kubernetes/kubernetes-client.js';
import { readiness } from '#apps/provisioning/src/kubernetes/readiness.js';
import { type KubernetesObject, refOf } from '#apps/provisioning/src/kubernetes/resources.js';
import type { FailureOrders } from '#libs/kubernetes-simulator/src/failure-orders.js';
import { givenFailures, orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { type KubernetesSimulator, startKubernetesSimulator } from '#libs/testing/src/kubernetes-simulator.js';
import { FIELD_MANAGER, refusal } from './cluster.js';
import { claim, configMap, deployment } from './manifests.js';

const half = { name: 'half', share: 0.5 };

let simulator: KubernetesSimulator;
let client: KubernetesClient;

beforeAll(async () => {
  simulator = await startKubernetesSimulator();
  client = await KubernetesClient.fromKubeconfig(simulator.kubeconfig);
});

afterEach(() => order({}));

afterAll(async () => {
  client.close();
  await simulator.stop();
});

const order = (orders: Partial<FailureOrders>): Promise<void> => orderFailures(simulator.kubeconfig, orders);
const apply = (object: KubernetesObject) => client.apply(object, { fieldManager: FIELD_MANAGER });

async function namespace(): Promise<string> {
  const name = `ordered-${randomBytes(6).toString('hex')}`;
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

/** How the objects stand, judged as the provisioning does. */
async function judge(...objects: KubernetesObject[]) {
  const within = objects[0]?.metadata.namespace;
  const list = async (apiVersion: string, kind: string) => (await client.list({ apiVersion, kind }, within)).items;
  const found = await Promise.all(objects.map((object) => client.get(refOf(object))));
  const live = found.filter((object) => object !== undefined);
  const [sets, pods, events] = [
    await list('apps/v1', 'ReplicaSet'),
    await list('v1', 'Pod'),
    await list('v1', 'Event'),
  ];
  return readiness([...live, ...sets], pods, new Date(), events);
}

describe('answers', () => {
  it.each([
    [401, 'configuration'],
    [403, 'configuration'],
    [429, 'transient'],
    [500, 'transient'],
    [503, 'transient'],
    [504, 'transient'],
  ] as const)('%d is %s', async (status, class_) => {
    const within = await namespace();
    await order({ answers: [{ status, kind: 'ConfigMap' }] });
    const error = await refusal(apply(configMap(within, 'settings', {})));
    expect(error.status).toBe(status);
    expect(classify({ from: 'answer', error, about: 'ConfigMap' }, new Date())?.class).toBe(class_);
  });

  it('ask for a pause, and end after so many times', async () => {
    const within = await namespace();
    await order({
      answers: [{ status: 429, method: 'PATCH', namespace: 'ordered-*', retryAfterSeconds: 7, times: 2 }],
    });
    for (let time = 0; time < 2; time += 1) {
      expect(await refusal(apply(configMap(within, 'settings', {})))).toMatchObject({
        retryAfterSeconds: 7,
        reason: 'TooManyRequests',
      });
    }
    await apply(configMap(within, 'settings', {}));
  });

  it('reach the named requests alone', async () => {
    const within = await namespace();
    await order({
      answers: [
        { status: 503, kind: 'Secret' },
        { status: 503, method: 'DELETE' },
        { status: 503, namespace: 'x' },
      ],
    });
    expect((await apply(configMap(within, 'settings', {}))).outcome).toBe('created');
  });
});

describe('images', () => {
  it.each([
    ['not_found', 'application'],
    ['unauthorized', 'configuration'],
    ['timeout', 'transient'],
    ['crash', 'application'],
    ['out_of_memory', 'resource_shortage'],
  ] as const)('%s is %s, and the pods come up when it is over', async (fails, class_) => {
    const web = deployment(await namespace(), { image: `registry.example/${fails}:1` });
    await order({ images: [{ image: `registry.example/${fails}:1`, fails }] });
    await apply(web);
    await eventually(async () => expect((await judge(web)).failure?.class).toBe(class_));
    await order({});
    await eventually(async () => expect(await judge(web)).toMatchObject({ ready: 1, pending: [] }));
  });
});

it('a quota stands in every namespace of that name, until the order is over', async () => {
  const before = await namespace();
  await order({ quotas: [{ namespace: 'ordered-*', hard: { pods: '0' } }] });
  for (const within of [before, await namespace()]) {
    const web = deployment(within);
    await apply(web);
    await eventually(async () => expect((await judge(web)).failure?.class).toBe('resource_shortage'));
  }
  await order({});
  await eventually(async () => expect(await judge(deployment(before))).toMatchObject({ ready: 1 }));
});

it.each([
  ['FailedBinding', 'no persistent volumes available for this claim and no storage class is set', 'configuration'],
  ['ProvisioningFailed', 'the quota of the pool is exceeded', 'resource_shortage'],
] as const)('a claim says %s, and is bound when it is over', async (reason, message, class_) => {
  const within = await namespace();
  const data = claim(within);
  const volume = { name: 'data', persistentVolumeClaim: { claimName: data.metadata.name } };
  const web = deployment(within, { pod: { volumes: [volume] } });
  await order({ storage: { reason, message } });
  for (const object of [data, web]) await apply(object);
  await eventually(async () => expect((await judge(web, data)).failure?.class).toBe(class_));
  await order({});
  await eventually(async () => expect(await judge(web, data)).toEqual({ ready: 2, total: 2, pending: [] }));
});

describe('shares', () => {
  const cases = (share: number, ...more: object[]) =>
    ({ seed: 1, namespace: 'ordered-*', cases: more.map((each) => ({ name: 'case', share, ...each })) }) as never;

  it('are given to that share of the namespaces, by seed and name alone', async () => {
    const names = await Promise.all(Array.from({ length: 40 }, namespace));
    const given = async (seed: number): Promise<string[]> => {
      const shares = { seed, namespace: 'ordered-*', cases: [{ name: 'a', share: 0.5, answers: [], images: [] }] };
      await order({ shares });
      return (await givenFailures(simulator.kubeconfig)).map((each) => each.namespace).toSorted();
    };
    const first = await given(1);
    expect(names.filter((name) => first.includes(name)).length).toBeGreaterThan(5);
    expect(names.filter((name) => !first.includes(name)).length).toBeGreaterThan(5);
    expect(await given(2)).not.toEqual(first);
    expect(await given(1)).toEqual(first);
  });

  it('count down for each namespace, and tell when the cluster showed it first', async () => {
    await order({ shares: cases(1, { answers: [{ status: 503, kind: 'ConfigMap', times: 1 }] }) });
    const [one, other] = [await namespace(), await namespace()];
    const about = async (within: string) =>
      (await givenFailures(simulator.kubeconfig)).find((each) => each.namespace === within);
    expect(await about(one)).toEqual({ namespace: one, case: 'case', since: expect.any(String) });
    for (const within of [one, other]) {
      expect((await refusal(apply(configMap(within, 'settings', {})))).status).toBe(503);
      expect(await about(within)).toMatchObject({ case: 'case', shownAt: expect.any(String) });
      await apply(configMap(within, 'settings', {}));
    }
  });

  it.each([
    ['an image', { images: [{ image: 'registry.example/web:1', fails: 'crash' }] }, 'application'],
    ['a quota', { quota: { hard: { pods: '0' } } }, 'resource_shortage'],
    ['a quota that comes late', { quota: { hard: { pods: '0' }, from: 'Deployment' } }, 'resource_shortage'],
  ] as const)('hold for %s, until the order is over', async (_what, failures, class_) => {
    await order({ shares: cases(1, failures) });
    const within = await namespace();
    const web = deployment(within);
    await apply(web);
    await eventually(async () => expect((await judge(web)).failure?.class).toBe(class_));
    const [given] = (await givenFailures(simulator.kubeconfig)).filter((each) => each.namespace === within);
    expect(given).toMatchObject({ shownAt: expect.any(String) });
    await order({});
    await eventually(async () => expect(await judge(web)).toMatchObject({ ready: 1, pending: [] }));
  });
});

it.each([
  [{ answer: [] }, 'the body has no field'],
  [{ answers: [{ status: 418 }] }, 'status must be one of 401, 403'],
  [{ answers: [{ status: 503, times: -1 }] }, 'times must be a whole number'],
  [{ images: [{ image: '', fails: 'crash' }] }, 'image must be a text'],
  [{ quotas: [{ namespace: 'x' }] }, 'hard must be an object'],
  [{ shares: { seed: 1, namespace: 'x', cases: [{ name: 'a', share: 2 }] } }, 'share must be a number from 0 to 1'],
  [{ shares: { seed: 1, namespace: 'x', cases: [half, half, half] } }, 'the shares of all cases come to 1.5'],
  [
    { shares: { seed: 1, namespace: 'x', cases: [{ ...half, answers: [{ namespace: 'y' }] }] } },
    'is for the namespaces',
  ],
  [{ storage: { reason: 'Broken', message: 'x' } }, 'reason must be one of FailedBinding'],
])('says what is wrong with %j', async (orders, complaint) => {
  await expect(order(orders as unknown as FailureOrders)).rejects.toThrow(complaint);
});
