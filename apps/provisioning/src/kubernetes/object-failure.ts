import { type Failure, fromAdmission, type Verdict } from './failure-reason.js';
import { describeRef, refOf, type KubernetesObject } from './resources.js';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

interface Status {
  conditions?: Condition[];
  phase?: string;
}

/** Why an object has failed by its own status; undefined while it may still succeed. */
export function explainObject(object: KubernetesObject): Failure | undefined {
  const verdict = verdictOn(object, object['status'] ?? {});
  return verdict && { object: describeRef(refOf(object)), ...verdict };
}

function verdictOn({ kind, metadata }: KubernetesObject, { conditions = [], phase }: Status): Verdict | undefined {
  const find = (type: string, status: string): Condition | undefined =>
    conditions.find((condition) => condition.type === type && condition.status === status);
  switch (kind) {
    case 'Deployment':
      return fromDeployment(find('ReplicaFailure', 'True'), find('Progressing', 'False'));
    case 'Job':
      return fromJob(find('Failed', 'True'));
    case 'PersistentVolumeClaim':
      return phase === 'Lost' ? lostVolume : undefined;
    case 'Namespace':
      if (!metadata.deletionTimestamp) return undefined;
      return fromDeletion(find('NamespaceFinalizersRemaining', 'True'));
    default:
      return undefined;
  }
}

function fromDeployment(refused: Condition | undefined, stopped: Condition | undefined): Verdict | undefined {
  if (refused) {
    const message = refused.message ?? '';
    const verdict = fromAdmission(message);
    if (verdict) return verdict;
    const reason = `Its pods cannot be created: ${message}`;
    return { class: 'configuration', reason, whatToDo: 'Correct what the message names, then retry.' };
  }
  if (stopped?.reason !== 'ProgressDeadlineExceeded') return undefined;
  return {
    class: 'application',
    reason: 'Its pods did not become ready in time',
    whatToDo: "Read the pods' logs and readiness probe, correct the image or its settings, then retry.",
  };
}

function fromJob(failed: Condition | undefined): Verdict | undefined {
  return (
    failed && {
      class: 'application',
      reason: `The job failed: ${[failed.reason, failed.message].filter(Boolean).join(': ')}`,
      whatToDo: "Read the logs of the job's pods, correct the cause, then retry.",
    }
  );
}

const lostVolume: Verdict = {
  class: 'configuration',
  reason: 'Its volume is gone',
  whatToDo: 'Restore the volume, or delete the claim and restore the data from a backup, then retry.',
};

/** `Some content in the namespace has finalizers remaining: acme.io/hold in 1 resource instances` */
function fromDeletion(held: Condition | undefined): Verdict | undefined {
  if (!held) return undefined;
  const finalizers = [...(held.message ?? '').matchAll(/(\S+\/\S+) in \d+ resource instances/g)].map(
    ([, name]) => name,
  );
  const named = finalizers.length === 0 ? held.message : `the finalizer ${finalizers.join(', ')}`;
  return {
    class: 'configuration',
    reason: `Its deletion is blocked by ${named}`,
    whatToDo: 'Let the controller that set the finalizer finish its work, or remove the finalizer, then retry.',
  };
}
