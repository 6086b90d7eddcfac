import type { RawEvent } from './raw-log.js';

/** How far each contract has come, as the log tells it. */
export class InFlight {
  private readonly acknowledged = new Set<string>();
  private readonly ready = new Set<string>();
  /** Environment id by external id, and the other way round. */
  private readonly environments = new Map<string, string>();
  private readonly deliveries = new Map<string, string>();
  private readonly finished = new Set<string>();
  private readonly last = new Map<string, string>();
  /** When something came to its end for the last time. */
  progressAt = Date.now();

  acknowledge(externalId: string): void {
    this.acknowledged.add(externalId);
    this.progressAt = Date.now();
  }

  see({ type, data }: RawEvent): void {
    const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
    if (type === 'environment.requested') this.environments.set(text('environmentId'), text('externalId'));
    if (type === 'delivery.requested') {
      const { environmentId, template } = data['content'] as { environmentId: string; template: string };
      // A notice of a delay is not the end.
      if (template !== 'environment_ready') return;
      this.deliveries.set(text('deliveryId'), this.environments.get(environmentId) ?? '');
    }
    const externalId = this.environments.get(text('environmentId')) ?? this.deliveries.get(text('deliveryId'));
    if (externalId === undefined) return;
    this.last.set(externalId, type);
    if (type === 'environment.ready') this.ready.add(externalId);
    if (type === 'delivery.sent' || type === 'delivery.abandoned' || type === 'environment.needs_attention') {
      this.finished.add(externalId);
      this.progressAt = Date.now();
    }
  }

  get count(): { readonly acknowledged: number; readonly inWork: number; readonly finished: number } {
    let inWork = 0;
    for (const externalId of this.acknowledged) if (!this.ready.has(externalId)) inWork += 1;
    return { acknowledged: this.acknowledged.size, inWork, finished: this.finished.size };
  }

  /** Acknowledged contracts that have not come to an end, each with its newest event. */
  unfinished(): string[] {
    const open = [...this.acknowledged].filter((externalId) => !this.finished.has(externalId));
    return open.map((externalId) => `${externalId} (${this.last.get(externalId) ?? 'no environment'})`);
  }
}
