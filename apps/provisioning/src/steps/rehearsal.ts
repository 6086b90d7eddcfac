import { exceededQuota } from '../kubernetes/failure-reason.js';
import type { Applied, ApplyOptions, KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { type KubernetesObject, refOf } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';

export type RehearsalOptions = Pick<ApplyOptions, 'fieldManager' | 'compare'> & { readonly signal: AbortSignal };

/**
 * Asks the server what applying an object would make of it. A rehearsal of the plan's own quota does not raise it, so
 * an object that does not fit into that quota yet passes: whether the plan fits into its own quota is known already.
 * @param plan everything that is to stand
 * @throws KubernetesApiError for what the server would refuse
 */
export async function rehearse(
  cluster: KubernetesClient,
  object: Manifest,
  plan: readonly Manifest[],
  { signal, ...options }: RehearsalOptions,
): Promise<Applied> {
  try {
    return await cluster.apply(object, { ...options, force: true, dryRun: true, signal });
  } catch (error) {
    const quota = exceededQuota(error);
    const own = plan.some(({ kind, metadata }) => kind === 'ResourceQuota' && metadata.name === quota);
    if (!own) throw error;
    const before = await cluster.get(refOf(object), signal);
    const after = before ? (merged(before, object) as KubernetesObject) : object;
    return { object: after, before, outcome: before ? 'configured' : 'created', warnings: [] };
  }
}

/** Fields of `over` in place of those of `under`; lists as a whole. */
function merged(under: unknown, over: unknown): unknown {
  if (!isRecord(under) || !isRecord(over)) return over;
  const fields = Object.entries(over).map(([name, value]) => [name, merged(under[name], value)]);
  return { ...under, ...Object.fromEntries(fields) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
