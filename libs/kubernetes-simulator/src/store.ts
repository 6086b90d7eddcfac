import type { Disk } from './disk.js';
import type { Kind } from './kinds.js';
import type { KubernetesObject } from './objects.js';

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  kind: Kind;
  object: KubernetesObject;
  previous: KubernetesObject | undefined;
  revision: number;
}

/** Changes that a watch can still be resumed from. Older ones answer 410 Expired, as after etcd's compaction. */
const HISTORY = 5_000;

/** All objects in memory, by kind, namespace and name, with one growing revision; a disk keeps a copy. */
export class ObjectStore {
  private readonly objects = new Map<Kind, Map<string, Map<string, KubernetesObject>>>();
  private readonly listeners = new Set<(change: Change) => void>();
  private history: Change[] = [];
  private oldest: number;
  revision: number;

  constructor(private readonly disk: Disk) {
    // Revision 1 is always too old to watch from, as on a real server whose etcd has been compacted.
    this.revision = 2;
    for (const { kind, object } of disk.load()) {
      this.names(kind, object.metadata.namespace ?? '').set(object.metadata.name, object);
      this.revision = Math.max(this.revision, Number(object.metadata.resourceVersion));
    }
    this.revision = Math.max(this.revision, disk.loadRevision());
    this.oldest = this.revision;
  }

  get(kind: Kind, namespace: string, name: string): KubernetesObject | undefined {
    return this.objects.get(kind)?.get(namespace)?.get(name);
  }

  /** Every object of a kind, ordered by namespace and name; `namespace` '' means all of them. */
  list(kind: Kind, namespace: string): KubernetesObject[] {
    const byNamespace = this.objects.get(kind);
    const found = namespace
      ? [...(byNamespace?.get(namespace)?.values() ?? [])]
      : [...(byNamespace?.values() ?? [])].flatMap((names) => [...names.values()]);
    if (found.length < 2) return found;
    const key = (object: KubernetesObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    return found.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  put(kind: Kind, object: KubernetesObject): KubernetesObject {
    const { namespace = '', name } = object.metadata;
    const previous = this.get(kind, namespace, name);
    this.revision += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    this.names(kind, namespace).set(name, stored);
    this.disk.put(kind, stored);
    this.publish({ type: previous ? 'MODIFIED' : 'ADDED', kind, object: stored, previous, revision: this.revision });
    return stored;
  }

  remove(kind: Kind, object: KubernetesObject): void {
    const { namespace = '', name } = object.metadata;
    if (!this.names(kind, namespace).delete(name)) return;
    this.revision += 1;
    this.disk.remove(kind, object, this.revision);
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    this.publish({ type: 'DELETED', kind, object: gone, previous: object, revision: this.revision });
  }

  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The changes after `revision`, or undefined when they are no longer known. */
  changesSince(revision: number): Change[] | undefined {
    if (revision < this.oldest) return undefined;
    return this.history.filter((change) => change.revision > revision);
  }

  /** Resolves when everything written so far is on disk. */
  flushed(): Promise<unknown> {
    return this.disk.flushed();
  }

  close(): Promise<void> {
    return this.disk.close();
  }

  private names(kind: Kind, namespace: string): Map<string, KubernetesObject> {
    let byNamespace = this.objects.get(kind);
    if (!byNamespace) this.objects.set(kind, (byNamespace = new Map()));
    let names = byNamespace.get(namespace);
    if (!names) byNamespace.set(namespace, (names = new Map()));
    return names;
  }

  private publish(change: Change): void {
    this.history.push(change);
    if (this.history.length > HISTORY * 2) {
      this.history = this.history.slice(-HISTORY);
      this.oldest = (this.history[0]?.revision ?? this.revision + 1) - 1;
    }
    for (const listener of this.listeners) listener(change);
  }
}
