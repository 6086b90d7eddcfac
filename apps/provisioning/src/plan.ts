import { createHash } from 'node:crypto';
import { ApiObject, App, Chart } from 'cdk8s';
import { type Blueprint, labelValue } from './manifests/blueprint.js';
import { guardRails, networkPolicies } from './manifests/guard-rails.js';
import { type Manifest, waves } from './manifests/manifest.js';
import { stores, workloads } from './manifests/workloads.js';

export interface EnvironmentPlan {
  /** In the order in which they are applied; the Namespace is first. */
  readonly objects: readonly Manifest[];
  /** SHA-256 of the objects without the values of Secrets: the same blueprint always has the same one. */
  readonly hash: string;
}

const podSecurity = ['enforce', 'audit', 'warn'].flatMap((mode) => [
  [`pod-security.kubernetes.io/${mode}`, 'restricted'],
  [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
]);

/** Works out every object of one environment, in memory. */
export function planEnvironment(blueprint: Blueprint): EnvironmentPlan {
  const { environmentId, externalId, namespace, terms } = blueprint.identity;
  const labels = {
    'app.kubernetes.io/managed-by': 'keiyaku',
    'app.kubernetes.io/part-of': namespace,
    'keiyaku.dev/environment': environmentId,
    'keiyaku.dev/customer': labelValue(externalId),
    'keiyaku.dev/plan': labelValue(terms.plan),
    'keiyaku.dev/region': labelValue(terms.region),
  };
  // One App for each environment: an App renders all its charts at once, slower with each of them.
  const app = new App();
  // A chart stamps its namespace on all its objects, and a Namespace has none.
  const cluster = new Chart(app, 'cluster', { labels, disableResourceNameHashes: true });
  new ApiObject(cluster, 'namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: Object.fromEntries(podSecurity) as Record<string, string> },
  });
  const chart = new Chart(app, 'environment', { namespace, labels, disableResourceNameHashes: true });
  guardRails(chart, blueprint);
  networkPolicies(chart);
  stores(chart, blueprint);
  workloads(chart, blueprint);
  const rendered = [...(cluster.toJson() as Manifest[]), ...(chart.toJson() as Manifest[])];
  const objects = waves(rendered).flat();
  const hash = createHash('sha256')
    .update(JSON.stringify(objects.map(withoutSecret)))
    .digest('hex');
  return { objects, hash };
}

function withoutSecret(object: Manifest): Manifest {
  if (object.kind !== 'Secret') return object;
  return { ...object, data: Object.keys(object['data'] as object) };
}
