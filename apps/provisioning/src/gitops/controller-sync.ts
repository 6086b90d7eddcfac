import { setTimeout as delay } from 'node:timers/promises';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { describeRef, type KubernetesObject, type ObjectRef, refOf } from '../kubernetes/resources.js';
import type { Manifest } from '../manifests/manifest.js';
import { inParallel } from '../steps/in-parallel.js';
import { contentAnnotation } from './folder-content.js';

const firstPauseMs = 250;
const longestPauseMs = 5_000;

export interface SyncWatch {
  readonly cluster: Pick<KubernetesClient, 'get'>;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Called before each look; throws when the lease is gone. */
  readonly hold: () => void;
  /** Told what is awaited, in words, whenever that has changed. */
  readonly report: (done: number, total: number, pending: readonly string[]) => Promise<void>;
}

/**
 * Waits until every object stands in the cluster as it is written, and answers them as the cluster has them.
 * @throws StepFailed when the controller does not get there in time
 */
export async function untilApplied(
  written: readonly Manifest[],
  watch: SyncWatch,
): Promise<ReadonlyMap<Manifest, KubernetesObject>> {
  const standing = new Map<Manifest, KubernetesObject>();
  await untilAll(written, watch, 'is not applied yet', async (object) => {
    const found = await watch.cluster.get(refOf(object), watch.signal);
    if (!found || contentOf(found) !== contentOf(object)) return false;
    standing.set(object, found);
    return true;
  });
  return standing;
}

/**
 * Waits until the controller has deleted what has no file any more.
 * @throws StepFailed when the controller does not get there in time
 */
export async function untilPruned(gone: readonly ObjectRef[], watch: SyncWatch): Promise<void> {
  const objects = gone.map((ref) => ({ ...ref, metadata: { name: ref.name, namespace: ref.namespace } }));
  await untilAll(objects, watch, 'is not deleted yet', async ({ metadata: _metadata, ...ref }) => {
    const found = await watch.cluster.get(ref, watch.signal);
    // What was never written is not the controller's to delete.
    return found === undefined || contentOf(found) === undefined;
  });
}

interface Awaited {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** Many environments may wait for the same controller: while nothing happens, one object stands for all. */
async function untilAll<Wanted extends Awaited>(
  all: readonly Wanted[],
  { patienceMs, signal, hold, report }: SyncWatch,
  missing: string,
  isThere: (object: Wanted) => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let waiting: readonly Wanted[] = all;
  let told: number | undefined;
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    hold();
    const [first, ...others] = waiting;
    if (!first) return;
    if (await isThere(first)) {
      const there = await inParallel(others, isThere);
      waiting = others.filter((_, index) => !there[index]);
      pause = firstPauseMs;
    }
    const pending = waiting.map((object) => `${nameOf(object)}: ${missing}`);
    if (pending.length > 0 && pending.length !== told) await report(all.length - pending.length, all.length, pending);
    told = pending.length;
    if (pending.length > 0 && Date.now() >= deadline) throw tooLate(waiting, missing, patienceMs / 1_000);
    if (pending.length > 0) await delay(Math.min(pause, Math.max(0, deadline - Date.now())), undefined, { signal });
  }
}

function tooLate([first, ...others]: readonly Awaited[], missing: string, seconds: number): StepFailed {
  const more = others.length === 0 ? '' : `, and ${others.length} more objects`;
  return new StepFailed({
    class: 'transient',
    ...(first && { object: nameOf(first) }),
    reason: `The GitOps controller has not worked through the folder within ${seconds} s: it ${missing}${more}`,
    whatToDo:
      'Look at the controller (Argo CD, Flux) that syncs GITOPS_DIR: does it get the newest commit, does it apply and ' +
      'prune this folder, and what does it say of the object?',
  });
}

function contentOf({ metadata }: Pick<Manifest, 'metadata'>): string | undefined {
  return metadata.annotations?.[contentAnnotation];
}

function nameOf({ apiVersion, kind, metadata: { name, namespace } }: Awaited): string {
  return describeRef({ apiVersion, kind, name, namespace });
}
