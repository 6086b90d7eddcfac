import { createHash } from 'node:crypto';
import type { FailureCase, FailureShares } from './failure-orders.js';
import { kindNamed } from './kinds.js';
import { matches } from './name-pattern.js';
import type { Pod, ReplicaSet } from './objects.js';
import type { Change, ObjectStore } from './store.js';

/** A namespace that was given a case, and since when the cluster shows what is wrong; instants with milliseconds. */
export interface Given {
  namespace: string;
  case: string;
  since: string;
  shownAt?: string;
}

interface Drawn extends Given {
  /** A copy of its own: `times` counts down. */
  failures: FailureCase;
}

/** Gives a share of the namespaces each case of failures, and keeps in mind which was given what. */
export class DrawnFailures {
  private shares: FailureShares | undefined;
  private readonly drawn = new Map<string, Drawn>();

  constructor(
    private readonly store: ObjectStore,
    private readonly placeQuota: (namespace: string, hard: Record<string, string>) => void,
  ) {
    store.onChange((change) => this.see(change));
  }

  /** Replaces what was ordered before; namespaces that stand take part too. */
  order(shares: FailureShares | undefined): void {
    this.shares = shares;
    this.drawn.clear();
    for (const { metadata } of this.store.list(kindNamed('Namespace'), '')) this.draw(metadata.name);
  }

  get given(): Given[] {
    return [...this.drawn.values()].map(({ failures: _failures, ...given }) => given);
  }

  caseOf(namespace: string): FailureCase | undefined {
    return this.drawn.get(namespace)?.failures;
  }

  /** The cluster shows now what is wrong in the namespace. */
  shown(namespace: string): void {
    const drawn = this.drawn.get(namespace);
    if (drawn) drawn.shownAt ??= new Date().toISOString();
  }

  private see({ type, kind, object }: Change): void {
    if (!this.shares) return;
    const { namespace = '', name } = object.metadata;
    if (kind.kind === 'Namespace' && type === 'ADDED') this.draw(name);
    if (kind.kind === 'Deployment' && type === 'ADDED') this.startQuota(namespace, 'Deployment');
    if (kind.kind === 'ReplicaSet' && isRefused(object as ReplicaSet)) this.shown(namespace);
    if (kind.kind === 'Pod' && isHeldUp(object as Pod)) this.shown(namespace);
  }

  private draw(namespace: string): void {
    if (!this.shares || !matches(this.shares.namespace, namespace)) return;
    let rest = fraction(`${this.shares.seed}/${namespace}`);
    for (const failures of this.shares.cases) {
      rest -= failures.share;
      if (rest >= 0) continue;
      const since = new Date().toISOString();
      this.drawn.set(namespace, { namespace, case: failures.name, since, failures: structuredClone(failures) });
      return this.startQuota(namespace, 'Namespace');
    }
  }

  private startQuota(namespace: string, first: 'Namespace' | 'Deployment'): void {
    const quota = this.caseOf(namespace)?.quota;
    if (quota?.from !== first) return;
    // Whoever else hears of the change hears of it before the quota; no controller has reacted to it yet.
    queueMicrotask(() => {
      this.placeQuota(namespace, quota.hard);
      if (first === 'Namespace') this.shown(namespace);
    });
  }
}

/** From 0 to 1, the same for the same text. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

function isRefused({ status }: ReplicaSet): boolean {
  return status?.conditions?.some(({ type }) => type === 'ReplicaFailure') ?? false;
}

function isHeldUp({ status }: Pod): boolean {
  const waiting = (status?.containerStatuses ?? []).map(({ state }) => state['waiting'] as { reason?: string });
  return waiting.some((each) => each?.reason !== undefined && each.reason !== 'ContainerCreating');
}
