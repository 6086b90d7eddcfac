import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { admit, checkDeletable, checkNamespace, mutate } from './admission/admit.js';
import { alreadyExists, badRequest, conflict, notFound, staleObject } from './api-error.js';
import { mergePatch } from './apply/merge-patch.js';
import { serverSideApply, trackUpdate } from './apply/server-side-apply.js';
import { withDefaults } from './defaults.js';
import { apiVersionOf, type Kind } from './kinds.js';
import { now, type Json, type JsonObject, type KubernetesObject } from './objects.js';
import type { ObjectStore } from './store.js';
import { decodeApplied, decodeUpdate } from './validation/decode.js';
import { validate } from './validation/validate.js';

export interface WriteOptions {
  manager: string;
  force: boolean;
  dryRun: boolean;
  fieldValidation: string;
  /** 'status' writes the status alone; '' writes everything else. */
  subresource: '' | 'status';
  /** Filled with the texts of `Warning` headers. */
  warnings: string[];
}

export interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  /** What it owns goes in the background, unless it is to go first (`Foreground`). */
  propagation?: string | undefined;
  dryRun?: boolean;
}

/** The finalizer of an object that waits until what it owns is gone. */
export const foregroundDeletion = 'foregroundDeletion';

export interface Written {
  object: KubernetesObject;
  created: boolean;
}

/** The object that a request body names, checked against the path it was sent to. */
function addressed(kind: Kind, namespace: string, name: string, body: JsonObject): KubernetesObject {
  const { apiVersion = apiVersionOf(kind), kind: named = kind.kind, metadata } = body;
  if (apiVersion !== apiVersionOf(kind) || named !== kind.kind) {
    const given = JSON.stringify({ apiVersion, kind: named });
    throw badRequest(`the object provided is ${given}, not ${apiVersionOf(kind)} ${kind.kind}`);
  }
  const meta = metadata ?? {};
  if (typeof meta !== 'object' || Array.isArray(meta)) throw badRequest('metadata must be an object');
  const { name: own = name, namespace: given, generateName, managedFields: _managedFields, ...rest } = meta;
  if (typeof own !== 'string') throw badRequest('metadata.name must be a string');
  if (name && own !== name) {
    throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
  }
  if (kind.namespaced && given !== undefined && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const generated = typeof generateName === 'string' ? generateName + randomUUID().slice(0, 5) : '';
  const placed = { ...rest, name: own || generated, ...(kind.namespaced && { namespace }) };
  return { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: placed } as KubernetesObject;
}

function holdsNull(value: Json | undefined): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.values(value).some(holdsNull);
}

/** Most bodies hold none and stay as they are. */
function withoutNulls(body: JsonObject): JsonObject {
  return holdsNull(body) ? (stripped(body) as JsonObject) : body;
}

function stripped(value: Json): Json {
  if (Array.isArray(value)) return value.map(stripped);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(
    (entry): entry is [string, Json] => entry[1] !== null && entry[1] !== undefined,
  );
  return Object.fromEntries(kept.map(([key, entry]) => [key, stripped(entry)]));
}

function withoutStatus(kind: Kind, object: KubernetesObject): KubernetesObject {
  if (!kind.hasStatus) return object;
  const { status: _status, ...rest } = object;
  return rest;
}

export class Writer {
  constructor(private readonly store: ObjectStore) {}

  create(kind: Kind, namespace: string, body: JsonObject, options: WriteOptions): Written {
    const object = withoutStatus(kind, addressed(kind, namespace, '', withoutNulls(body)));
    decodeUpdate(kind, object, options.fieldValidation, options.warnings);
    if (kind.namespaced) checkNamespace(this.store, kind, object, true);
    if (this.store.get(kind, namespace, object.metadata.name)) throw alreadyExists(kind, object.metadata.name);
    return this.finish(kind, undefined, this.byUpdate(kind, undefined, object, options), options);
  }

  apply(kind: Kind, namespace: string, name: string, body: JsonObject, options: WriteOptions): Written {
    if (options.subresource)
      throw badRequest('the simulator offers no server-side apply of the status: use a merge patch');
    const applied = withoutStatus(kind, addressed(kind, namespace, name, withoutNulls(body)));
    decodeApplied(kind, applied);
    const live = this.store.get(kind, namespace, name);
    if (kind.namespaced) checkNamespace(this.store, kind, applied, !live);
    checkRevision(kind, live, applied);
    const manager = { name: options.manager, operation: 'Apply' as const };
    return this.finish(kind, live, serverSideApply(kind, live, applied, manager, options.force), options);
  }

  replace(kind: Kind, namespace: string, name: string, body: JsonObject, options: WriteOptions): Written {
    const object = addressed(kind, namespace, name, withoutNulls(body));
    const live = this.existing(kind, namespace, name);
    return this.update(kind, live, object, options);
  }

  patch(kind: Kind, namespace: string, name: string, patch: JsonObject, options: WriteOptions): Written {
    const live = this.existing(kind, namespace, name);
    const merged = mergePatch(live, patch) as JsonObject;
    return this.update(kind, live, addressed(kind, namespace, name, merged), options);
  }

  /** Deletes at once, or marks the object when finalizers (or a namespace's content) hold it. */
  delete(kind: Kind, namespace: string, name: string, options: DeleteOptions = {}): KubernetesObject {
    const live = this.existing(kind, namespace, name);
    checkDeletable(kind, live);
    checkPreconditions(kind, live, options.preconditions ?? {});
    if (options.dryRun) return live;
    if (live.metadata.deletionTimestamp) return live;
    const waits = options.propagation === 'Foreground' ? [foregroundDeletion] : [];
    const finalizers = [...(live.metadata.finalizers ?? []), ...waits];
    if (kind.kind !== 'Namespace' && finalizers.length === 0) {
      this.store.remove(kind, live);
      return live;
    }
    const held = finalizers.length > 0 && { finalizers };
    const metadata = { ...live.metadata, ...held, deletionTimestamp: now() };
    const marked: KubernetesObject = { ...live, metadata };
    return this.store.put(kind, kind.kind === 'Namespace' ? { ...marked, status: { phase: 'Terminating' } } : marked);
  }

  private existing(kind: Kind, namespace: string, name: string): KubernetesObject {
    const live = this.store.get(kind, namespace, name);
    if (!live) throw notFound(kind, name);
    return live;
  }

  private update(kind: Kind, live: KubernetesObject, object: KubernetesObject, options: WriteOptions): Written {
    decodeUpdate(kind, object, options.fieldValidation, options.warnings);
    checkRevision(kind, live, object);
    if (options.subresource === 'status') {
      return this.finish(kind, live, { ...live, status: object['status'] ?? {} }, options);
    }
    const next = {
      ...withoutStatus(kind, object),
      ...(kind.hasStatus && live['status'] && { status: live['status'] }),
    };
    return this.finish(kind, live, this.byUpdate(kind, live, next, options), options);
  }

  private byUpdate(kind: Kind, live: KubernetesObject | undefined, next: KubernetesObject, options: WriteOptions) {
    return trackUpdate(kind, live, next, { name: options.manager, operation: 'Update' });
  }

  private finish(
    kind: Kind,
    live: KubernetesObject | undefined,
    wanted: KubernetesObject,
    options: WriteOptions,
  ): Written {
    const stamped = withDefaults(kind, stamp(kind, live, wanted));
    const next = live ? stamped : mutate(this.store, kind, stamped);
    validate(kind, live, next);
    admit(this.store, kind, live, next, options.warnings);
    if (live && isDeepStrictEqual(live, next)) return { object: live, created: false };
    const changed = kind.hasGeneration && live && !isDeepStrictEqual(live['spec'], next['spec']);
    const metadata = changed ? { ...next.metadata, generation: (live.metadata.generation ?? 1) + 1 } : next.metadata;
    const object = { ...next, metadata };
    if (options.dryRun) return { object, created: !live };
    if (live?.metadata.deletionTimestamp && (metadata.finalizers ?? []).length === 0 && kind.kind !== 'Namespace') {
      this.store.remove(kind, object);
      return { object, created: false };
    }
    return { object: this.store.put(kind, object), created: !live };
  }
}

/** Fields that the server alone decides. */
function stamp(kind: Kind, live: KubernetesObject | undefined, wanted: KubernetesObject): KubernetesObject {
  const own = live?.metadata ?? {
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: now(),
    ...(kind.hasGeneration && { generation: 1 }),
  };
  const { uid, resourceVersion, creationTimestamp, generation, deletionTimestamp } =
    own as KubernetesObject['metadata'];
  const metadata = {
    ...wanted.metadata,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(generation !== undefined && { generation }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
  };
  return { ...wanted, metadata };
}

function checkPreconditions(
  kind: Kind,
  { metadata }: KubernetesObject,
  { uid, resourceVersion }: NonNullable<DeleteOptions['preconditions']>,
): void {
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid})`;
    throw conflict(kind, metadata.name, `${why}. The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const given = `the ResourceVersion in the precondition (${resourceVersion})`;
    const why = `${given} does not match the ResourceVersion in record (${metadata.resourceVersion})`;
    throw conflict(kind, metadata.name, `${why}. The object might have been modified`);
  }
}

function checkRevision(kind: Kind, live: KubernetesObject | undefined, sent: KubernetesObject): void {
  const { resourceVersion, uid, name } = sent.metadata;
  if (!resourceVersion && !uid) return;
  if (
    live &&
    (!resourceVersion || resourceVersion === live.metadata.resourceVersion) &&
    (!uid || uid === live.metadata.uid)
  ) {
    return;
  }
  throw staleObject(kind, name);
}
