import type { Failure, Verdict } from './failure-reason.js';
import { describeRef, type KubernetesObject } from './resources.js';

interface ClusterEvent {
  reason?: string;
  message?: string;
  lastTimestamp?: string;
  involvedObject?: { apiVersion?: string; kind?: string; name?: string; namespace?: string; uid?: string };
}

/** What a cluster's Event says about a claim that is not bound; undefined for news that are no failure. */
export function explainEvent(event: KubernetesObject): Failure | undefined {
  const { reason = '', message = '', involvedObject = {} } = event as unknown as ClusterEvent;
  const verdict = verdictOn(reason, message);
  if (!verdict) return undefined;
  const { apiVersion = 'v1', kind = '', name = '', namespace } = involvedObject;
  return { object: describeRef({ apiVersion, kind, name, namespace }), ...verdict };
}

/** What the kubelet said when it last could not pull an image of a pod. */
export function pullFailure(events: readonly KubernetesObject[], uid: string | undefined): string | undefined {
  const failures = events.filter((event) => {
    const { reason, message = '' } = event as unknown as ClusterEvent;
    return reason === 'Failed' && message.startsWith('Failed to pull image');
  });
  return (newestEvent(failures, uid) as unknown as ClusterEvent | undefined)?.message;
}

/** The newest event about an object; older ones may tell of what is mended. */
export function newestEvent(
  events: readonly KubernetesObject[],
  uid: string | undefined,
): KubernetesObject | undefined {
  const about = events.filter((event) => (event as unknown as ClusterEvent).involvedObject?.uid === uid);
  const at = (event: KubernetesObject): number =>
    Date.parse((event as unknown as ClusterEvent).lastTimestamp ?? event.metadata.creationTimestamp ?? '') || 0;
  return about.toSorted((a, b) => at(b) - at(a))[0];
}

function verdictOn(reason: string, message: string): Verdict | undefined {
  // WaitForFirstConsumer and Provisioning are how every claim begins.
  if (reason === 'FailedBinding') {
    return {
      class: 'configuration',
      reason: `The cluster has no volume for the claim: ${message}`,
      whatToDo: 'Give the cluster a default storage class, or name one in the plan, then retry.',
    };
  }
  if (reason !== 'ProvisioningFailed') return undefined;
  const why = `The volume of the claim cannot be made: ${message}`;
  if (/quota|capacity|exhausted|insufficient|not enough|no space|limit ?exceeded/i.test(message)) {
    return {
      class: 'resource_shortage',
      reason: why,
      whatToDo: 'Raise the quota of the storage or add capacity. The work goes on when there is room.',
    };
  }
  if (/time(d )?[ -]?out|deadline exceeded|unavailable|too many requests|throttl|connection refused/i.test(message)) {
    return { class: 'transient', reason: why, whatToDo: 'Look at the storage provisioner when it stays like this.' };
  }
  return {
    class: 'configuration',
    reason: why,
    whatToDo: 'Correct the storage class or its parameters, then retry.',
  };
}
