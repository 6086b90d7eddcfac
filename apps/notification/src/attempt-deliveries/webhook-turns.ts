import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { DeliveryRequest } from '../domain/delivery.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import type { DeliveryJob } from './delivery-jobs.js';
import { DeliveryRunner } from './delivery-runner.js';

/** Webhooks that leave for one endpoint at a time: one that does not answer leaves the other workers to the others. */
const mostAtOnce = 4;
/** For one endpoint. The reconciler brings back those beyond. */
const mostWaiting = 1_000;

interface Turns {
  taken: number;
  /** By delivery, in the order that they came. */
  readonly waiting: Map<string, DeliveryJob>;
}

/** Who may send to an endpoint now. It is all in memory: what is forgotten here is still due in the log. */
@Injectable()
export class WebhookTurns implements OnModuleDestroy {
  private readonly endpoints = new Map<string, Turns>();
  private stopping = false;

  constructor(
    private readonly runner: DeliveryRunner,
    private readonly aggregates: Aggregates,
  ) {}

  /**
   * Attempts the delivery, and after it those that came for the same endpoint meanwhile. When its places are taken,
   * the delivery waits for one of them, and no worker with it.
   */
  async run(job: DeliveryJob): Promise<void> {
    if ([...this.endpoints.values()].some(({ waiting }) => waiting.has(job.deliveryId))) return;
    const endpointId = job.endpointId ?? (await this.find(job));
    if (endpointId === undefined) return;
    const turns = this.endpoints.get(endpointId) ?? { taken: 0, waiting: new Map() };
    this.endpoints.set(endpointId, turns);
    if (turns.taken >= mostAtOnce) {
      if (turns.waiting.size < mostWaiting) turns.waiting.set(job.deliveryId, job);
      return;
    }
    turns.taken++;
    try {
      for (let next: DeliveryJob | undefined = job; next; next = this.takeNext(turns)) await this.runner.run(next);
    } finally {
      turns.taken--;
      // After an error others may wait still, and nobody is left to go on with them.
      if (turns.taken === 0) this.endpoints.delete(endpointId);
    }
  }

  onModuleDestroy(): void {
    this.stopping = true;
  }

  private takeNext({ waiting }: Turns): DeliveryJob | undefined {
    if (this.stopping) return undefined;
    const [next] = waiting.values();
    if (next) waiting.delete(next.deliveryId);
    return next;
  }

  private async find({ deliveryId }: DeliveryJob): Promise<string | undefined> {
    const delivery = await this.aggregates.load(deliveryDecider, deliveryId);
    return delivery.status === 'none' ? undefined : endpointOf(delivery.request);
  }
}

/** What takes one message after the other over HTTP: an endpoint, or the one channel in Slack. */
export function endpointOf(request: DeliveryRequest): string | undefined {
  if (request.channel === 'webhook') return request.endpointId;
  return request.channel === 'slack' ? 'slack' : undefined;
}
