import { randomUUID } from 'node:crypto';
import { kindNamed } from '../kinds.js';
import { now, type KubernetesObject } from '../objects.js';
import type { ObjectStore } from '../store.js';

export interface Warning {
  reason: string;
  message: string;
  component: string;
}

/** What a controller says of an object that it can't serve: one Event for each reason. */
export function warnOf(store: ObjectStore, about: KubernetesObject, { reason, message, component }: Warning): void {
  const { apiVersion, kind, metadata } = about;
  const { namespace = '', name, uid } = metadata;
  const event = `${name}.${reason.toLowerCase()}`;
  const standing = store.get(kindNamed('Event'), namespace, event);
  if (standing && standing['message'] === message) return;
  store.put(kindNamed('Event'), {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: event, namespace, uid: randomUUID(), resourceVersion: '', creationTimestamp: now() },
    involvedObject: { apiVersion, kind, namespace, name, uid },
    type: 'Warning',
    reason,
    message,
    firstTimestamp: now(),
    lastTimestamp: now(),
    count: 1,
    source: { component },
  });
}
