import { kindNamed } from './kinds.js';
import type { JsonObject } from './objects.js';
import {
  type AnswerFailure,
  type FailureOrders,
  type ImageFailure,
  readOrders,
  type StorageFailure,
} from './failure-orders.js';
import { matches } from './name-pattern.js';
import { DrawnFailures, type Given } from './drawn-failures.js';
import { answerOf } from './failure-answers.js';
import type { Target } from './routes.js';
import type { ObjectStore } from './store.js';
import type { Writer } from './writes.js';

const quotaName = 'simulated';
const nothing: FailureOrders = { answers: [], images: [], quotas: [] };

/** What is to go wrong, as ordered through `PUT /simulator/failures`. Forgotten when the process ends. */
export class Failures {
  private orders = nothing;
  private quotasPlaced = false;
  private readonly drawn: DrawnFailures;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
  ) {
    this.drawn = new DrawnFailures(store, (namespace, hard) => this.placeQuota(namespace, hard));
  }

  /** What is ordered now; `times` counts down. */
  get current(): JsonObject {
    return structuredClone(this.orders) as unknown as JsonObject;
  }

  /** Which namespaces were given a share of what goes wrong, in the order in which they came. */
  get given(): Given[] {
    return this.drawn.given;
  }

  /** Replaces everything that was ordered before. @throws ApiError 400 with what is wrong */
  order(body: JsonObject): void {
    const orders = readOrders(body);
    this.quotasPlaced ||= this.orders.shares?.cases.some(({ quota }) => quota) ?? false;
    this.orders = orders;
    this.drawn.order(this.orders.shares);
    this.keepQuotas();
    for (const listener of this.listeners) listener();
  }

  /** Calls back when what goes wrong has changed. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  get storage(): StorageFailure | undefined {
    return this.orders.storage;
  }

  imageFailure(image: string, namespace: string): ImageFailure | undefined {
    const orders = [...(this.drawn.caseOf(namespace)?.images ?? []), ...this.orders.images];
    return orders.find((order) => order.image === image)?.fails;
  }

  /** Throws the answer that was ordered for such a request. */
  check(method: string, target: Target): void {
    const meant = (candidate: AnswerFailure): boolean =>
      candidate.times !== 0 &&
      (candidate.method ?? method) === method &&
      (candidate.kind ?? target.kind.kind) === target.kind.kind &&
      matches(candidate.namespace ?? '*', target.namespace);
    const given = this.drawn.caseOf(target.namespace)?.answers.find(meant);
    if (given) this.drawn.shown(target.namespace);
    const order = given ?? this.orders.answers.find(meant);
    if (!order) return;
    if (order.times !== undefined) order.times -= 1;
    throw answerOf(order, method, target);
  }

  /** Every namespace that an order names has its quota, and no other has. */
  keepQuotas(): void {
    if (!this.quotasPlaced && this.orders.quotas.length === 0) return;
    this.quotasPlaced = this.orders.quotas.length > 0;
    const kind = kindNamed('ResourceQuota');
    for (const { metadata } of this.store.list(kindNamed('Namespace'), '')) {
      if (this.drawn.caseOf(metadata.name)?.quota) continue;
      const order = this.orders.quotas.find(({ namespace }) => matches(namespace, metadata.name));
      const standing = this.store.get(kind, metadata.name, quotaName);
      if (standing && JSON.stringify(standing['spec']) !== JSON.stringify({ hard: order?.hard })) {
        this.writer.delete(kind, metadata.name, quotaName);
      }
      if (order && !metadata.deletionTimestamp) this.placeQuota(metadata.name, order.hard);
    }
  }

  private placeQuota(namespace: string, hard: Record<string, string>): void {
    const kind = kindNamed('ResourceQuota');
    if (this.store.get(kind, namespace, quotaName)) return;
    const body = { metadata: { name: quotaName }, spec: { hard } };
    const plain = { manager: 'simulator', force: false, dryRun: false, fieldValidation: 'Warn' };
    this.writer.create(kind, namespace, body, { ...plain, subresource: '', warnings: [] });
  }
}
