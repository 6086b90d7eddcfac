import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectName } from '#libs/events/src/provisioning.js';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { KubernetesApiError } from '../kubernetes/errors.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { namespacedKinds, type KubernetesObject, refOf, refOfKind } from '../kubernetes/resources.js';
import { type Holdup, holdups, stuck } from '../kubernetes/terminating.js';
import { environmentLabel } from '../manifests/blueprint.js';
import { waves } from '../manifests/manifest.js';
import { inParallel } from './in-parallel.js';
import type { KnownObject } from '../domain/environment.js';

export interface RemovalRequest {
  readonly environmentId: string;
  readonly namespace: string;
  /** Every object that may stand. */
  readonly known: readonly KnownObject[];
  /** How long the namespace may take to go. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Called before each change; throws when the lease is gone. */
  readonly hold: () => void;
  /** Told what still stands, in words, whenever that has changed. */
  readonly report: (pending: readonly string[]) => Promise<void>;
}

export type RemovedObject = ObjectName & { readonly uid: string };

const firstPauseMs = 100;
const longestPauseMs = 2_000;
/** After so long a pause it is looked what holds the namespace: one that nothing holds is mostly gone by then. */
const patientMs = 800;

/**
 * Deletes an environment: its objects in the reverse order of application, then its Namespace, and waits until that is
 * gone. It can be repeated at every point, also when all is gone already. Answers everything that is known to have
 * stood and does not any more.
 * @throws StepFailed for a namespace that lost our label, and for one that something holds
 */
export async function removeEnvironment(
  cluster: KubernetesClient,
  request: RemovalRequest,
): Promise<readonly RemovedObject[]> {
  const { known, signal, hold } = request;
  const removed = new Map(known.flatMap(({ uid, ...name }) => (uid === undefined ? [] : [entryOf({ ...name, uid })])));
  const ref = refOfKind({ kind: 'Namespace', name: request.namespace });
  const namespace = await cluster.get(ref, signal);
  if (!namespace || isSomebodyElses(namespace, request)) return [...removed.values()];
  if (!namespace.metadata.deletionTimestamp) {
    const inside = known.filter(({ kind, namespace: within }) => kind !== 'Namespace' && within === request.namespace);
    for (const wave of waves(inside).toReversed()) {
      hold();
      await inParallel(wave, async ({ uid: _uid, ...name }) => {
        const standing = await cluster.get(refOfKind(name), signal);
        const uid = standing?.metadata.uid;
        if (uid === undefined) return;
        await cluster.delete(refOfKind(name), { uid, signal });
        removed.set(...entryOf({ ...name, uid }));
      });
    }
    hold();
    await cluster.delete(ref, { uid: namespace.metadata.uid, signal });
  }
  removed.set(...entryOf({ kind: 'Namespace', name: request.namespace, uid: namespace.metadata.uid ?? '' }));
  await untilGone(cluster, namespace, request);
  return [...removed.values()];
}

/** Somebody may have made a namespace of that name before us, or after ours was gone: it is not ours to delete. */
function isSomebodyElses({ metadata }: KubernetesObject, { environmentId, known }: RemovalRequest): boolean {
  if (metadata.labels?.[environmentLabel] === environmentId) return false;
  if (!known.some(({ kind, uid }) => kind === 'Namespace' && uid === metadata.uid)) return true;
  throw new StepFailed({
    class: 'configuration',
    object: `Namespace ${metadata.name}`,
    reason: `We made this namespace, but it does not carry the label ${environmentLabel} any more`,
    whatToDo: `If it may be deleted, set its label ${environmentLabel} to ${environmentId}, then retry.`,
  });
}

function entryOf(object: RemovedObject): [string, RemovedObject] {
  return [object.uid, object];
}

async function untilGone(
  cluster: KubernetesClient,
  namespace: KubernetesObject,
  { patienceMs, signal, hold, report }: RemovalRequest,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let told = '';
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    const standing = await cluster.get(refOf(namespace), signal);
    // Whoever makes it anew under its name makes another one.
    if (!standing || standing.metadata.uid !== namespace.metadata.uid) return;
    const late = Date.now() >= deadline;
    const seen = late || pause >= patientMs ? await whatHolds(cluster, standing, signal) : [];
    if (late) throw new StepFailed(stuck(standing, seen, patienceMs / 1_000));
    const pending = seen.map(({ object, why }) => `${object}: ${why}`);
    const news = JSON.stringify(pending);
    if (seen.length > 0 && news !== told) await report(pending);
    told = news;
    await delay(Math.min(pause, Math.max(0, deadline - Date.now())), undefined, { signal });
    hold();
  }
}

async function whatHolds(
  cluster: KubernetesClient,
  namespace: KubernetesObject,
  signal: AbortSignal,
): Promise<readonly Holdup[]> {
  const lists = await inParallel(namespacedKinds, async (kind) => {
    try {
      return (await cluster.list(kind, namespace.metadata.name, {}, signal)).items;
    } catch (error) {
      // A cluster need not serve every kind that we know.
      if (error instanceof KubernetesApiError && error.status === 404) return [];
      throw error;
    }
  });
  return holdups(namespace, lists.flat());
}
