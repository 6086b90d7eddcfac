import { quantityValue } from '#libs/catalogue/src/quantity.js';
import type { EnvironmentMode } from '../domain/environment.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { type KubernetesObject, refOf } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';

/**
 * The objects of a plan as they can be applied at an environment's end: a volume never shrinks, whatever was wanted of
 * it last, so one that stands keeps its size. What goes on gets exactly its plan, or a refusal that somebody reads.
 */
export async function withStandingVolume(
  cluster: Pick<KubernetesClient, 'get'>,
  mode: EnvironmentMode,
  objects: readonly Manifest[],
  signal: AbortSignal,
): Promise<readonly Manifest[]> {
  if (mode !== 'retired') return objects;
  return Promise.all(
    objects.map(async (object) => {
      if (object.kind !== 'PersistentVolumeClaim') return object;
      const standing = sizeOf(await cluster.get(refOf(object), signal));
      const shrinks = standing !== undefined && bytes(sizeOf(object)) < bytes(standing);
      if (!shrinks) return object;
      return { ...object, spec: { ...(object['spec'] as object), resources: { requests: { storage: standing } } } };
    }),
  );
}

function sizeOf(claim: KubernetesObject | Manifest | undefined): string | undefined {
  const spec = claim?.['spec'] as { resources?: { requests?: { storage?: string } } } | undefined;
  return spec?.resources?.requests?.storage;
}

function bytes(quantity: string | undefined): number {
  return quantityValue(quantity ?? '0') ?? 0;
}
