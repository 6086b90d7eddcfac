/** A Kubernetes object as we want it; what stands beside `metadata` depends on the kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Order of application: each wave needs what stands before it, and limits stand before anything that they limit. */
const waveOfKind: Readonly<Record<string, number>> = {
  Namespace: 0,
  ResourceQuota: 1,
  LimitRange: 1,
  NetworkPolicy: 1,
  ServiceAccount: 1,
  Role: 1,
  RoleBinding: 1,
  Secret: 2,
  ConfigMap: 2,
  PersistentVolumeClaim: 2,
  Service: 3,
  Deployment: 4,
  HorizontalPodAutoscaler: 5,
  PodDisruptionBudget: 5,
  Ingress: 5,
};

/** Objects in the waves in which they are applied; the Namespace is alone in the first. */
export function waves<Wanted extends Pick<Manifest, 'kind'>>(
  objects: readonly Wanted[],
): readonly (readonly Wanted[])[] {
  const byWave = Map.groupBy(objects, ({ kind }) => waveOf(kind));
  return [...byWave].toSorted(([a], [b]) => a - b).map(([, wave]) => wave);
}

/** Which wave objects of the kind are applied in, from 0. */
export function waveOf(kind: string): number {
  const wave = waveOfKind[kind];
  if (wave === undefined) throw new Error(`No wave is set for the kind ${kind}.`);
  return wave;
}
