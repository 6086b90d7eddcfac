import { KINDS, kindNamed } from '../kinds.js';
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
    const namespace = this.store.get(kindNamed('Namespace'), '', name);
    for (const kind of NAMESPACED) {
      for (const object of this.store.list(kind, name)) {
        if (!object.metadata.deletionTimestamp) this.writer.delete(kind, name, object.metadata.name, {}, false);
      }
    }
    const left = NAMESPACED.some((kind) => this.store.list(kind, name).length > 0);
    if (namespace && !left) this.store.remove(kindNamed('Namespace'), namespace);
  }
}
