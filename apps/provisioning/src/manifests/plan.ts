import { createHash } from 'node:crypto';
import { ApiObject, App, Chart, type ChartProps } from 'cdk8s';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { inApplySet } from './apply-set.js';
import { type Blueprint, environmentLabels, type RetiredBlueprint } from './blueprint.js';
import { entrance, suspendedEntrance } from './entrance.js';
import { guardRails, networkPolicies } from './guard-rails.js';
import { type Manifest, waves } from './manifest.js';
import { autoscaler, stores, workloads } from './workloads.js';

export interface EnvironmentPlan {
  /** In the order in which they are applied; the Namespace is first. */
  readonly objects: readonly Manifest[];
  /**
   * SHA-256 of the objects without secret and personal values and without their membership: the same blueprint always
   * has the same one, also when its contact is erased in between.
   */
  readonly hash: string;
}

const podSecurity = ['enforce', 'audit', 'warn'].flatMap((mode) => [
  [`pod-security.kubernetes.io/${mode}`, 'restricted'],
  [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
]);

/** Works out every object of one environment, in memory. */
export function planEnvironment(blueprint: Blueprint | RetiredBlueprint): EnvironmentPlan {
  const { namespace } = blueprint.identity;
  const labels = environmentLabels(blueprint.identity);
  const namespaced = [
    ...guardRails(blueprint),
    ...networkPolicies(),
    ...stores(blueprint),
    ...serving(blueprint, labels),
  ];
  // One App for each environment: an App renders all its charts at once, slower with each of them.
  const app = new App();
  // A Namespace lies in none, so it needs a chart of its own.
  const cluster = new ManifestChart(app, 'cluster', [namespaceOf(namespace)], { labels });
  const environment = new ManifestChart(app, 'environment', namespaced, { namespace, labels });
  const rendered = [cluster, environment].flatMap((chart) => chart.toJson() as Manifest[]);
  const objects = waves(rendered).flat();
  const hash = createHash('sha256')
    .update(JSON.stringify(objects.map(withoutValues)))
    .digest('hex');
  return { objects: inApplySet(objects, namespace), hash };
}

/** What runs and how it is reached, by what the environment is to be. */
function serving(
  blueprint: Blueprint | RetiredBlueprint,
  labels: Readonly<Record<string, string>>,
): readonly Manifest[] {
  switch (blueprint.mode) {
    case 'running':
      return [...workloads(blueprint, labels), autoscaler(blueprint), entrance(blueprint)];
    case 'suspended':
      return [...workloads(blueprint, labels), ...suspendedEntrance(blueprint)];
    case 'retired':
      return [];
    default:
      return unreachable(blueprint);
  }
}

function namespaceOf(name: string): Manifest {
  const labels = Object.fromEntries(podSecurity) as Record<string, string>;
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Draws objects as they are given and stamps its labels and namespace on each. */
class ManifestChart extends Chart {
  readonly objects: readonly ApiObject[];

  constructor(app: App, id: string, objects: readonly Manifest[], props: Pick<ChartProps, 'namespace' | 'labels'>) {
    super(app, id, { ...props, disableResourceNameHashes: true });
    this.objects = objects.map((object) => new ApiObject(this, `${object.kind}-${object.metadata.name}`, object));
  }
}

/** The hash stands in the log for good, and a hash of a name tells whoever can guess the name. */
function withoutValues(object: Manifest): Manifest {
  if (object.kind === 'Secret') return { ...object, data: Object.keys(object['data'] as object) };
  if (object.kind !== 'ConfigMap') return object;
  const { COMPANY_NAME: _, ...data } = object['data'] as Readonly<Record<string, string>>;
  return { ...object, data };
}
