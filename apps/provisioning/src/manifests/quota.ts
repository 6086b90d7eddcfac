import { describeRef, refOf } from '../kubernetes/resources.js';
import type { Manifest } from './manifest.js';
import { quantityValue } from '#libs/catalogue/src/quantity.js';

interface PodSpec {
  readonly containers: readonly { readonly resources?: Readonly<Record<string, Readonly<Record<string, string>>>> }[];
}

interface Spec {
  readonly hard?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly scaleTargetRef?: { readonly name: string };
  readonly template?: { readonly spec: PodSpec };
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}

/** The sums of a plan at full scale that its own quotas would refuse. */
export function quotaMistakes(objects: readonly Manifest[]): { object: string; reason: string }[] {
  const used = usage(objects, 'full');
  return objects
    .filter(({ kind }) => kind === 'ResourceQuota')
    .flatMap((quota) =>
      Object.entries(specOf(quota).hard ?? {}).flatMap(([resource, hard]) => {
        const needed = used.get(resource) ?? 0;
        const limit = quantityValue(hard);
        if (limit === undefined || needed <= limit) return [];
        const reason = `the plan needs ${needed} of ${resource} at full scale, the quota allows ${limit}`;
        return [{ object: describeRef(refOf(quota)), reason }];
      }),
    );
}

/** What a plan takes from a quota, by the quota's names of resources: at its smallest, or at full scale. */
export function usage(objects: readonly Manifest[], scale: 'least' | 'full'): Map<string, number> {
  const used = new Map<string, number>();
  const add = (resource: string, amount: number): void => {
    used.set(resource, (used.get(resource) ?? 0) + amount);
  };
  for (const object of objects) {
    const spec = specOf(object);
    if (object.kind === 'Deployment') {
      const count = podsOf(object, objects, scale);
      add('pods', count);
      for (const { resources = {} } of spec.template?.spec.containers ?? []) {
        for (const [bound, amounts] of Object.entries(resources)) {
          for (const [name, amount] of Object.entries(amounts)) {
            add(`${bound}.${name}`, count * (quantityValue(amount) ?? 0));
          }
        }
      }
    }
    if (object.kind === 'PersistentVolumeClaim') {
      add('persistentvolumeclaims', 1);
      add('requests.storage', quantityValue(spec.resources?.requests?.['storage'] ?? '0') ?? 0);
    }
  }
  return used;
}

function podsOf(deployment: Manifest, objects: readonly Manifest[], scale: 'least' | 'full'): number {
  const autoscaler = objects.find(
    (object) =>
      object.kind === 'HorizontalPodAutoscaler' && specOf(object).scaleTargetRef?.name === deployment.metadata.name,
  );
  const bounds = autoscaler && specOf(autoscaler);
  return (scale === 'full' ? bounds?.maxReplicas : bounds?.minReplicas) ?? specOf(deployment).replicas ?? 1;
}

function specOf(object: Manifest): Spec {
  return (object['spec'] as Spec | undefined) ?? {};
}
