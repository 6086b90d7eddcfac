import type { Failure } from './failure-reason.js';
import { describeRef, type KubernetesObject, refOf } from './resources.js';

/** Something that a namespace waits for before it goes. */
export interface Holdup {
  /** `ConfigMap held in env-abc` */
  readonly object: string;
  readonly why: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

/**
 * What keeps a namespace from going: the finalizers of the objects that were seen in it, and of those that were not,
 * like objects of kinds that we don't know, what the namespace itself says of them.
 */
export function holdups(namespace: KubernetesObject, contents: readonly KubernetesObject[]): readonly Holdup[] {
  const conditions = ((namespace['status'] ?? {}) as { readonly conditions?: readonly Condition[] }).conditions ?? [];
  const own = finalizersOf(namespace).map((finalizer) => waits(namespace, finalizer));
  const held = contents.flatMap((object) => finalizersOf(object).map((finalizer) => waits(object, finalizer)));
  const named = new Set(contents.flatMap(finalizersOf));
  const told = conditions.flatMap(({ type, status, message = '' }): Holdup[] => {
    if (status !== 'True') return [];
    const about = { object: describeRef(refOf(namespace)), why: message };
    switch (type) {
      case 'NamespaceDeletionContentFailure':
      case 'NamespaceDeletionDiscoveryFailure':
        return [about];
      case 'NamespaceFinalizersRemaining':
        return finalizersIn(message).every((finalizer) => named.has(finalizer)) ? [] : [about];
      case 'NamespaceContentRemaining':
        return held.length === 0 && !conditions.some(remains) ? [about] : [];
      default:
        return [];
    }
  });
  return [...held, ...own, ...told];
}

/** What is left to say when a namespace has not gone in time. */
export function stuck(namespace: KubernetesObject, seen: readonly Holdup[], seconds: number): Failure {
  const [first, ...more] = seen;
  const late = `The namespace has not gone within ${seconds} s`;
  const others = more.length === 0 ? '' : ` (and ${more.map(({ object, why }) => `${object}: ${why}`).join('; ')})`;
  if (!first) {
    return {
      class: 'transient',
      object: describeRef(refOf(namespace)),
      reason: `${late}, and nothing is known to hold it`,
      whatToDo: "Look whether the cluster's controller manager is up: without it, namespaces never go. Then retry.",
    };
  }
  return {
    class: 'configuration',
    object: first.object,
    reason: `${late}. ${first.object}: ${first.why}${others}`,
    whatToDo:
      'Let the controller that set the finalizer finish its work, or bring it up. Only if it is gone for good and what ' +
      'it guards may be lost, take the finalizer off the object. Then retry.',
  };
}

function waits(object: KubernetesObject, finalizer: string): Holdup {
  return { object: describeRef(refOf(object)), why: `it waits for the finalizer ${finalizer}` };
}

function finalizersOf({ metadata }: KubernetesObject): readonly string[] {
  return metadata.deletionTimestamp === undefined ? [] : ((metadata['finalizers'] as string[] | undefined) ?? []);
}

/** The names in "… has finalizers remaining: acme.io/hold in 1 resource instances, …". */
function finalizersIn(message: string): readonly string[] {
  return [...message.matchAll(/([^\s:,]+) in \d+ resource instances/g)].map(([, name = '']) => name);
}

function remains({ type, status }: Condition): boolean {
  return type === 'NamespaceFinalizersRemaining' && status === 'True';
}
