import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.js';
import { hasSettled } from '../kubernetes/readiness.js';

/** A Deployment tells of quotas and policies, only a pod of its image. */
const watched = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'v1', kind: 'Pod' },
];
const ours = 'app.kubernetes.io/managed-by=keiyaku';
const watchSeconds = 240;
const pauseMs = 2_000;

/**
 * One watch on all Deployments of ours and one on their pods, for everybody who waits for some of them: watches of
 * their own would be connections of their own. They run only while somebody waits.
 */
export class WorkloadWatch {
  private readonly bells = new Map<string, () => void>();
  private watching: AbortController | undefined;

  constructor(private readonly cluster: KubernetesClient) {}

  /** Calls `ring` when a Deployment of the namespace is up, or it or a pod has failed or gone. Answers what ends it. */
  open(namespace: string, ring: () => void): () => void {
    this.bells.set(namespace, ring);
    if (!this.watching) {
      this.watching = new AbortController();
      for (const kind of watched) void this.watch(kind, this.watching.signal);
    }
    return () => {
      if (this.bells.get(namespace) === ring) this.bells.delete(namespace);
      if (this.bells.size === 0) this.close();
    };
  }

  close(): void {
    this.watching?.abort();
    this.watching = undefined;
  }

  /** A watch that breaks is opened again; whoever waits looks from time to time anyway. */
  private async watch(kind: (typeof watched)[number], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        // Without it the watch would begin with every object that there is. One namespace's is good for all.
        const [namespace] = this.bells.keys();
        const { resourceVersion } = await this.cluster.list(kind, namespace, { labels: ours }, signal);
        const options = { labelSelector: ours, resourceVersion, timeoutSeconds: watchSeconds, signal };
        // Nobody saw what happened before.
        for (const ring of this.bells.values()) ring();
        for await (const { type, object } of this.cluster.watch(kind, options)) {
          if (type === 'BOOKMARK') continue;
          // A pod that goes may be the last one of an environment that is to stop.
          if (type !== 'DELETED' && !hasSettled(object, new Date())) continue;
          this.bells.get(object.metadata.namespace ?? '')?.();
        }
      } catch {
        // Whatever broke the watch shows in the next look too, where it counts.
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
