import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { CompleteApply } from '../domain/step-outcomes.js';
import { classify } from '../kubernetes/classify.js';
import type { Applied, ApplyOptions, KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, refOf } from '../kubernetes/resources.js';
import { nameOf } from '../manifests/diff.js';
import type { Manifest } from '../manifests/manifest.js';

/** Who owns what we apply. */
export const fieldManager = 'keiyaku';

export type AppliedObject = CompleteApply['data']['objects'][number];

/**
 * Server-side apply of one object; what others have set in our fields is ours again.
 * @throws StepFailed for a warning that tells of what will surely fail later
 */
export async function applyObject(
  cluster: KubernetesClient,
  object: Manifest,
  signal: AbortSignal,
  options: Pick<ApplyOptions, 'compare'> = {},
): Promise<Applied> {
  return withoutBadWarnings(await cluster.apply(object, { fieldManager, force: true, ...options, signal }));
}

/** @throws StepFailed for a warning that tells of what will surely fail later */
export function withoutBadWarnings(applied: Applied): Applied {
  const about = describeRef(refOf(applied.object));
  const failure = applied.warnings.map((text) => classify({ from: 'warning', text, about }, new Date())).find(Boolean);
  if (failure) throw new StepFailed(failure);
  return applied;
}

/** An object for the record of what was applied. */
export function appliedObject({ object, outcome }: Applied): AppliedObject {
  return { ...nameOf(object), uid: object.metadata.uid ?? '', outcome };
}
