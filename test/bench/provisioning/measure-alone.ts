import { planEnvironment } from '#apps/provisioning/src/manifests/plan.js';
import { planMistakes } from '#apps/provisioning/src/manifests/validate.js';
import { KubernetesClient } from '#apps/provisioning/src/kubernetes/kubernetes-client.js';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { EnvironmentEvents, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { askCluster } from '#libs/kubernetes-simulator/src/ask-cluster.js';
import type { ServedRequest } from '#libs/kubernetes-simulator/src/request-log.js';
import type { Bench } from '../bench.js';
import { median } from '../statistics.js';
import type { EnvironmentLog } from './environment-log.js';
import { overheads } from './overhead.js';
import type { ProvisioningSettings } from './settings.js';

type Identity = EnvironmentEvents['environment.requested'];

export interface AloneFigures {
  /** The pure work of one plan, from the contract's terms to every manifest. */
  readonly planMs: number;
  /** Over all steps of all environments. */
  readonly stepOverheadMsP50: number;
}

/** Environments one after the other: with many at once a step's time would be that of the others. */
export async function measureAlone(
  bench: Bench,
  log: EnvironmentLog,
  settings: ProvisioningSettings,
): Promise<AloneFigures> {
  const kubeconfig = bench.stack.env['KUBECONFIG']!;
  const up = await watchDeployments(kubeconfig);
  const first = await log.run('environment.ready');
  const pure = timePlans(identityOf(first), settings.plans);
  const bySteps = new Map<EnvironmentStep, number[]>();
  for (let environment = 0; environment < settings.alone; environment++) {
    const events = await log.run('environment.ready');
    const { namespace } = identityOf(events);
    const served = (await askCluster(kubeconfig, 'GET', '/simulator/requests')) as { items: ServedRequest[] };
    const requests = served.items.filter((request) => request.namespace === namespace);
    for (const [step, ms] of overheads(events, { requests, upAt: up.at(namespace), ...pure })) {
      bySteps.set(step, [...(bySteps.get(step) ?? []), ms]);
    }
  }
  up.stop();
  const told = [...bySteps].map(([step, ms]) => `${step} ${Math.round(median(ms))}`).join(', ');
  bench.report(
    `alone: overhead of each step, median of ${settings.alone}: ${told} ms; a plan ${pure.planMs.toFixed(1)} ms`,
  );
  return { planMs: pure.planMs, stepOverheadMsP50: median([...bySteps.values()].flat()) };
}

function identityOf(events: Awaited<ReturnType<EnvironmentLog['run']>>): Identity {
  const request = events.find(({ type }) => type === 'environment.requested');
  const company = { name: 'Bench Corporation', email: 'it@bench.example', language: 'en' } as const;
  // What is personal stands in the log under a key.
  return { ...(request!.data as unknown as Identity), company, administrator: 'admin@bench.example' };
}

function timePlans(identity: Identity, times: number) {
  const plan = loadCatalogue().plans[identity.terms.plan]!;
  const publicUrl = 'http://127.0.0.1:3000';
  const blueprint = {
    mode: 'running',
    identity,
    plan,
    image: plan.images[0]!,
    password: 'not-a-secret',
    publicUrl,
  } as const;
  const planTimes: number[] = [];
  const validateTimes: number[] = [];
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    const { objects } = planEnvironment(blueprint);
    const planned = performance.now();
    planMistakes(objects);
    planTimes.push(planned - started);
    validateTimes.push(performance.now() - planned);
  }
  return { planMs: median(planTimes), validateMs: median(validateTimes) };
}

/** The instant of each namespace's newest change of a Deployment: nothing changes once all are up. */
async function watchDeployments(kubeconfig: string) {
  const newest = new Map<string, number>();
  const stopping = new AbortController();
  const client = await KubernetesClient.fromKubeconfig(kubeconfig);
  const kind = { apiVersion: 'apps/v1', kind: 'Deployment' };
  const { resourceVersion } = await client.list(kind);
  const watching = (async () => {
    const options = { resourceVersion, timeoutSeconds: 3_600, signal: stopping.signal };
    for await (const { object } of client.watch(kind, options)) newest.set(object.metadata.namespace ?? '', Date.now());
  })();
  watching.catch(() => client.close());
  return {
    at: (namespace: string): number => newest.get(namespace) ?? 0,
    stop: (): void => stopping.abort(),
  };
}
