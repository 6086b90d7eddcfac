import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { explainEvent } from './event-failure.js';
import { explainError, explainWarning, type Failure } from './failure-reason.js';
import { explainObject } from './object-failure.js';
import { explainPod } from './pod-failure.js';
import type { KubernetesObject } from './resources.js';

/** Something that a cluster shows, and that may be why an environment does not come up. */
export type Signal =
  | { readonly from: 'answer'; readonly error: unknown; readonly about: string }
  | { readonly from: 'warning'; readonly text: string; readonly about: string }
  | { readonly from: 'object'; readonly object: KubernetesObject }
  /** `events`: of the cluster; they tell why an image can't be pulled when the pod does so no more. */
  | { readonly from: 'pod'; readonly pod: KubernetesObject; readonly events?: readonly KubernetesObject[] }
  | { readonly from: 'event'; readonly event: KubernetesObject }
  | Deadline;

interface Deadline {
  readonly from: 'deadline';
  readonly seconds: number;
  readonly pending: readonly { readonly object: string; readonly why: string }[];
  /** What was seen last and could still have passed by itself. */
  readonly seen?: Failure;
}

/** What is wrong, of which class it is and what to do; undefined for what is no failure, or may still pass. */
export function classify(signal: Signal, now: Date): Failure | undefined {
  switch (signal.from) {
    case 'answer':
      return explainError(signal.error, signal.about);
    case 'warning':
      return explainWarning(signal.text, signal.about);
    case 'object':
      return explainObject(signal.object);
    case 'pod':
      return explainPod(signal.pod, now, signal.events);
    case 'event':
      return explainEvent(signal.event);
    case 'deadline':
      return tooLate(signal);
    default:
      return unreachable(signal);
  }
}

/** What is left to say when time is up. */
export function tooLate({ seconds, pending, seen }: Deadline): Failure {
  const list = pending.map(({ object, why }) => `${object}: ${why}`).join('; ');
  const late = `Not everything came up within ${seconds} s${list === '' ? '' : ` (${list})`}`;
  if (seen) return { ...seen, reason: `${seen.reason}. ${late}` };
  return {
    class: 'application',
    object: pending[0]?.object ?? 'The environment',
    reason: late,
    whatToDo: "Look at the named objects' pods and events in the cluster, correct the cause, then retry.",
  };
}
