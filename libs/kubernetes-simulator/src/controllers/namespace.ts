import { isDeepStrictEqual } from 'node:util';
import { KINDS, kindNamed, type Kind } from '../kinds.js';
import { now, type Condition, type KubernetesObject } from '../objects.js';
import type { ObjectStore } from '../store.js';
import type { Writer } from '../writes.js';
import { CONTROLLER, controllerOptions } from './replica-set.js';

const NAMESPACED = KINDS.filter((kind) => kind.namespaced);

/** Gives a new namespace what every namespace has, and empties one that is being deleted. */
export class NamespaceController {
  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
    private readonly certificateAuthority: string,
  ) {}

  reconcile(name: string): void {
    const namespace = this.store.get(kindNamed('Namespace'), '', name);
    if (!namespace) return;
    if (namespace.metadata.deletionTimestamp) this.empty(name);
    else this.furnish(name);
  }

  private furnish(namespace: string): void {
    const options = { ...controllerOptions(), manager: CONTROLLER };
    const account = kindNamed('ServiceAccount');
    if (!this.store.get(account, namespace, 'default')) {
      this.writer.create(account, namespace, { metadata: { name: 'default' } }, options);
    }
    const map = kindNamed('ConfigMap');
    if (this.store.get(map, namespace, 'kube-root-ca.crt')) return;
    const body = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': this.certificateAuthority } };
    this.writer.create(map, namespace, body, options);
  }

  private empty(name: string): void {
    for (const kind of NAMESPACED) {
      for (const object of this.store.list(kind, name)) {
        if (!object.metadata.deletionTimestamp) this.writer.delete(kind, name, object.metadata.name);
      }
    }
    const kind = kindNamed('Namespace');
    const namespace = this.store.get(kind, '', name);
    if (!namespace) return;
    const left = NAMESPACED.flatMap((each) => this.store.list(each, name).map((object) => ({ kind: each, object })));
    if (left.length === 0 && (namespace.metadata.finalizers ?? []).length === 0) {
      this.store.remove(kind, namespace);
      return;
    }
    const { conditions: before } = (namespace['status'] ?? {}) as { conditions?: Condition[] };
    const status = { phase: 'Terminating', conditions: deletionConditions(left, before ?? []) };
    if (!isDeepStrictEqual(status, namespace['status'])) this.store.put(kind, { ...namespace, status });
  }
}

interface Left {
  readonly kind: Kind;
  readonly object: KubernetesObject;
}

/** How far the deletion of a namespace is, in the words of the real one. */
function deletionConditions(left: readonly Left[], before: readonly Condition[]): Condition[] {
  const said = (type: string, status: Condition['status'], reason: string, message: string): Condition => {
    const old = before.find((condition) => condition.type === type);
    const { lastTransitionTime } = old?.status === status ? old : {};
    return { type, status, reason, message, lastTransitionTime: lastTransitionTime ?? now() };
  };
  const counted = (names: readonly string[], words: (name: string, count: number) => string): string =>
    [...Map.groupBy(names, (name) => name)]
      .map(([name, same]) => words(name, same.length))
      .toSorted()
      .join(', ');
  const resources = counted(
    left.map(({ kind }) => `${kind.plural}.${kind.group}`),
    (name, count) => `${name} has ${count} resource instances`,
  );
  const finalizers = counted(
    left.flatMap(({ object }) => object.metadata.finalizers ?? []),
    (name, count) => `${name} in ${count} resource instances`,
  );
  const deleted = 'All content successfully deleted, may be waiting on finalization';
  return [
    said('NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'),
    said(
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    said('NamespaceDeletionContentFailure', 'False', 'ContentDeleted', deleted),
    resources === ''
      ? said('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed')
      : said('NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${resources}`),
    finalizers === ''
      ? said(
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        )
      : said(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers}`,
        ),
  ];
}
