import { StepFailed } from '../carry-out-steps/step-failed.js';
import { describeRef, type KubernetesObject, refOf } from '../kubernetes/resources.js';
import { environmentLabel } from '../manifests/blueprint.js';

/** @throws StepFailed unless the namespace says that it is this environment's */
export function refuseForeignNamespace(namespace: KubernetesObject, environmentId: string | undefined): void {
  if (namespace.metadata.labels?.[environmentLabel] === environmentId) return;
  throw new StepFailed({
    class: 'configuration',
    object: describeRef(refOf(namespace)),
    reason: 'A namespace of this name stands in the cluster and belongs to somebody else',
    whatToDo: 'Find out whose it is. Rename or delete it, then retry.',
  });
}
