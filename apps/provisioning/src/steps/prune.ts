import { Logger } from '@nestjs/common';
import type { ObjectName } from '#libs/events/src/provisioning.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { KnownObject } from '../domain/environment.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, type KubernetesObject, refOfKind } from '../kubernetes/resources.js';
import { applySetId, memberLabel } from '../manifests/apply-set.js';
import { environmentLabel } from '../manifests/blueprint.js';
import { type Manifest, waves } from '../manifests/manifest.js';
import { inParallel } from './in-parallel.js';
import type { WorkingEnvironment } from './working-environment.js';

const logger = new Logger('environments');

export interface PruneRequest {
  readonly environmentId: string;
  readonly namespace: string;
  /** What is to stand, the Namespace with it. */
  readonly desired: readonly Manifest[];
  /** Every object that was ever planned or applied. */
  readonly known: readonly KnownObject[];
  readonly signal: AbortSignal;
  /** Called before each wave; throws when the lease is gone. */
  readonly hold: () => void;
}

export interface Pruned {
  readonly deleted: readonly ObjectName[];
  /** What stands under a known name and is not ours: it is left alone. */
  readonly kept: readonly { readonly object: string; readonly why: string }[];
}

/**
 * Deletes what is no longer wanted, in the reverse order of application. Only what was planned once can be deleted, and
 * only when the object itself says that it is ours. Nothing is deleted for a plan that has nothing but the Namespace.
 * @throws StepFailed when an object that should go belongs to another one
 */
export async function prune(cluster: KubernetesClient, request: PruneRequest): Promise<Pruned> {
  const { signal, hold } = request;
  const deleted: ObjectName[] = [];
  const kept: { object: string; why: string }[] = [];
  for (const wave of waves(unwanted(request)).toReversed()) {
    hold();
    await inParallel(wave, async ({ uid, ...name }) => {
      const ref = refOfKind(name);
      const standing = await cluster.get(ref, signal);
      if (!standing) return;
      const foreign = whyForeign(standing, uid, request);
      if (foreign !== undefined) {
        kept.push({ object: describeRef(ref), why: foreign });
        return;
      }
      refuseOwned(standing, describeRef(ref));
      if (await cluster.delete(ref, { uid: standing.metadata.uid, signal })) deleted.push(name);
    });
  }
  return { deleted, kept };
}

/**
 * What follows every application: `prune` of what it has left over. Answers what was deleted, for the record.
 * @throws StepFailed when an object that should go belongs to another one
 */
export async function pruneAfterApply(
  cluster: KubernetesClient,
  { identity: { environmentId, namespace }, inventory: known }: Pick<WorkingEnvironment, 'identity' | 'inventory'>,
  desired: readonly Manifest[],
  attempt: Attempt,
): Promise<{ readonly pruned?: readonly ObjectName[] }> {
  const { signal } = attempt;
  const hold = (): void => attempt.hold();
  const { deleted, kept } = await prune(cluster, { environmentId, namespace, desired, known, signal, hold });
  if (kept.length > 0) logger.warn({ environmentId, kept }, 'Objects that are not wanted any more are not ours');
  return deleted.length > 0 ? { pruned: deleted } : {};
}

/** What `prune` would delete now, in that order. Nothing is changed. */
export async function wouldPrune(
  cluster: KubernetesClient,
  request: Omit<PruneRequest, 'hold'>,
): Promise<readonly ObjectName[]> {
  const candidates = waves(unwanted(request)).toReversed().flat();
  const found = await inParallel(candidates, async ({ uid, ...name }) => {
    const standing = await cluster.get(refOfKind(name), request.signal);
    return standing && whyForeign(standing, uid, request) === undefined ? [name] : [];
  });
  return found.flat();
}

function unwanted({ desired, known, namespace }: Pick<PruneRequest, 'desired' | 'known' | 'namespace'>) {
  if (desired.every(({ kind }) => kind === 'Namespace')) return [];
  const wanted = new Set(desired.map(({ kind, metadata }) => keyOf({ kind, name: metadata.name })));
  const candidates = new Map<string, KnownObject>();
  for (const object of known) {
    const key = keyOf(object);
    const strays = object.kind === 'Namespace' || object.namespace !== namespace;
    if (!strays && !wanted.has(key)) candidates.set(key, { ...candidates.get(key), ...object });
  }
  return [...candidates.values()];
}

function keyOf({ kind, name }: ObjectName): string {
  return `${kind} ${name}`;
}

/** Undefined for what is ours. */
function whyForeign(
  { metadata }: KubernetesObject,
  uid: string | undefined,
  { environmentId, namespace }: Pick<PruneRequest, 'environmentId' | 'namespace'>,
): string | undefined {
  if (uid !== undefined && uid !== metadata.uid) return 'it is not the object that was applied: its uid is another one';
  const set = metadata.labels?.[memberLabel];
  if (set === applySetId(namespace)) return undefined;
  if (set !== undefined) return `it belongs to another set, ${set}`;
  // Objects that were applied before there were sets are known by their environment, and by their uid alone.
  const ours = metadata.labels?.[environmentLabel] === environmentId && uid !== undefined;
  return ours ? undefined : 'it does not carry our label';
}

function refuseOwned({ metadata }: KubernetesObject, object: string): void {
  const [owner] = metadata.ownerReferences ?? [];
  if (!owner) return;
  throw new StepFailed({
    class: 'configuration',
    object,
    reason: `It is no longer wanted, but ${owner.kind} ${owner.name} owns it`,
    whatToDo: 'Take the owner reference off the object, or delete what owns it, then retry.',
  });
}
