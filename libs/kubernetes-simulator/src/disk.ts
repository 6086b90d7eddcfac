import { join } from 'node:path';
import { open } from 'lmdb';
import { KINDS, type Kind } from './kinds.js';
import type { KubernetesObject } from './objects.js';

/** Where the store keeps its copy. */
export interface Disk {
  load(): Iterable<{ kind: Kind; object: KubernetesObject }>;
  loadRevision(): number;
  put(kind: Kind, object: KubernetesObject): void;
  remove(kind: Kind, object: KubernetesObject, revision: number): void;
  flushed(): Promise<unknown>;
  close(): Promise<void>;
}

export const memoryOnly: Disk = {
  load: () => [],
  loadRevision: () => 0,
  put: () => undefined,
  remove: () => undefined,
  flushed: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Keeps the objects in an LMDB file in `folder`. `flushed` resolves after the file is synced to disk. */
export function openDisk(folder: string): Disk {
  const db = open<KubernetesObject | number, string[]>({ path: join(folder, 'objects.mdb'), encoding: 'json' });
  const key = (kind: Kind, { metadata }: KubernetesObject) => [kind.kind, metadata.namespace ?? '', metadata.name];
  const kinds = new Map(KINDS.map((kind) => [kind.kind, kind]));
  return {
    *load() {
      for (const { key: path, value } of db.getRange({})) {
        const kind = kinds.get(path[0] ?? '');
        if (kind && typeof value !== 'number') yield { kind, object: value };
      }
    },
    loadRevision: () => Number(db.get(['revision']) ?? 0),
    put: (kind, object) => void db.put(key(kind, object), object),
    remove(kind, object, revision) {
      void db.remove(key(kind, object));
      void db.put(['revision'], revision);
    },
    flushed: () => db.flushed,
    close: () => db.close(),
  };
}
