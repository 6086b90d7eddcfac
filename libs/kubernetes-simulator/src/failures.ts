import { kindNamed } from './kinds.js';
import type { JsonObject } from './objects.js';
import { type FailureOrders, type ImageFailure, readOrders, type StorageFailure } from './failure-orders.js';
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
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly store: ObjectStore,
    private readonly writer: Writer,
  ) {}

  /** What is ordered now; `times` counts down. */
  get current(): JsonObject {
    return structuredClone(this.orders) as unknown as JsonObject;
  }

  /** Replaces everything that was ordered before. @throws ApiError 400 with what is wrong */
  order(body: JsonObject): void {
    this.orders = readOrders(body);
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

  imageFailure(image: string): ImageFailure | undefined {
    return this.orders.images.find((order) => order.image === image)?.fails;
  }

  /** Throws the answer that was ordered for such a request. */
  check(method: string, target: Target): void {
    const order = this.orders.answers.find(
      (candidate) =>
        candidate.times !== 0 &&
        (candidate.method ?? method) === method &&
        (candidate.kind ?? target.kind.kind) === target.kind.kind &&
        matches(candidate.namespace ?? '*', target.namespace),
    );
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
      const order = this.orders.quotas.find(({ namespace }) => matches(namespace, metadata.name));
      const standing = this.store.get(kind, metadata.name, quotaName);
      if (standing && JSON.stringify(standing['spec']) !== JSON.stringify({ hard: order?.hard })) {
        this.writer.delete(kind, metadata.name, quotaName);
      }
      if (order && !metadata.deletionTimestamp && !this.store.get(kind, metadata.name, quotaName)) {
        const body = { metadata: { name: quotaName }, spec: { hard: order.hard } };
        const plain = { manager: 'simulator', force: false, dryRun: false, fieldValidation: 'Warn' };
        this.writer.create(kind, metadata.name, body, { ...plain, subresource: '', warnings: [] });
      }
    }
  }
}

/** `env-*` is every name that begins so. */
function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
