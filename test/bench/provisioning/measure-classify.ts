import type { FailureCase } from '#libs/kubernetes-simulator/src/failure-orders.js';
import { givenFailures, orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import type { Bench } from '../bench.js';
import { percentile } from '../statistics.js';
import { type EnvironmentLog, keepInFlight, type LoggedEvent } from './environment-log.js';
import { failingInFlight, type ProvisioningSettings } from './settings.js';

/** Signals of a cluster, one of each kind: a quota before and after its pods are asked for, a policy, an image. */
const signals: readonly Omit<FailureCase, 'share'>[] = [
  { name: 'quota', answers: [], images: [], quota: { hard: { pods: '0' }, from: 'Namespace' } },
  { name: 'late quota', answers: [], images: [], quota: { hard: { pods: '0' }, from: 'Deployment' } },
  {
    name: 'policy',
    answers: [
      { status: 403, method: 'PATCH', kind: 'Deployment', message: 'admission webhook "policy" denied the request' },
    ],
    images: [],
  },
  {
    name: 'image',
    answers: [],
    images: [{ image: 'registry.example/keiyaku/chat-files:2.4.1', fails: 'not_found' }],
  },
];

/** The events that tell a failure with its class. */
const classified = ['environment.needs_attention', 'environment.version_replaced', 'environment.step_failed'];

/** From the instant at which the cluster first shows a failure to that of the event that tells its class. */
export async function measureClassify(
  bench: Bench,
  log: EnvironmentLog,
  { failing }: ProvisioningSettings,
): Promise<{ readonly classifyMsP95: number }> {
  const kubeconfig = bench.stack.env['KUBECONFIG']!;
  const cases = signals.map((each) => ({ ...each, share: 1 / signals.length }));
  await orderFailures(kubeconfig, { shares: { seed: 1, namespace: 'env-*', cases } });
  const histories = await keepInFlight(failing, failingInFlight, () => log.run(...classified));
  const given = new Map((await givenFailures(kubeconfig)).map((each) => [each.namespace, each]));
  await orderFailures(kubeconfig, {});
  const times = new Map<string, number[]>();
  for (const events of histories) {
    const { namespace } = events.find(({ type }) => type === 'environment.requested')!.data as { namespace: string };
    const { case: name, shownAt } = given.get(namespace)!;
    if (shownAt === undefined) throw new Error(`${namespace} failed before the cluster showed "${name}".`);
    times.set(name, [...(times.get(name) ?? []), told(events) - Date.parse(shownAt)]);
  }
  const all = [...times.values()].flat();
  const each = [...times].map(([name, ms]) => `${name} ${percentile(ms, 0.95)} (${ms.length})`).join(', ');
  bench.report(`shown to classified, p95 of each kind: ${each} ms`);
  return { classifyMsP95: percentile(all, 0.95) };
}

function told(events: readonly LoggedEvent[]): number {
  return events.find(({ type }) => classified.includes(type))!.at;
}
