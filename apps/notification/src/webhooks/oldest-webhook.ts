import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Gauge, register } from 'prom-client';
import type { Repository } from 'typeorm';
import { DeliveryWork } from '../delivery-work/delivery-work.entity.js';
import { WebhookDeliveryRow } from '../webhook-delivery-list/webhook-delivery-list.entity.js';

type Source = () => Promise<Date | undefined>;

// The registry belongs to the process, and a process may hold several apps.
const sources = new Set<Source>();
const name = 'webhook_oldest_undelivered_seconds';

function declareGauge(): void {
  if (register.getSingleMetric(name)) return;
  const gauge = new Gauge({
    name,
    help: 'Time since the oldest webhook was asked for that is neither delivered nor given up; 0 when there is none.',
    registers: [],
    async collect() {
      try {
        const oldest = await Promise.all([...sources].map((source) => source()));
        const ages = oldest.flatMap((since) => (since ? [(Date.now() - since.getTime()) / 1000] : []));
        this.set(Math.max(0, ...ages));
      } catch (error) {
        // Metrics of everything else are told while a database is away.
        new Logger('webhooks').warn({ err: error }, 'The oldest undelivered webhook could not be looked up');
        this.remove();
      }
    },
  });
  register.registerMetric(gauge);
}

/** Tells in `/metrics` how long the webhook waits that has waited longest. */
@Injectable()
export class OldestWebhook implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly source: Source = () => this.find();

  constructor(@InjectRepository(DeliveryWork, 'notification') private readonly work: Repository<DeliveryWork>) {}

  onApplicationBootstrap(): void {
    declareGauge();
    sources.add(this.source);
  }

  beforeApplicationShutdown(): void {
    sources.delete(this.source);
  }

  /** Goes by what is not finished, which is little; the list keeps every webhook there ever was. */
  private async find(): Promise<Date | undefined> {
    const row = await this.work
      .createQueryBuilder('work')
      .innerJoin(WebhookDeliveryRow, 'webhook', 'webhook.deliveryId = work.deliveryId')
      .select('min(webhook.requestedAt)', 'oldest')
      .getRawOne<{ oldest: Date | null }>();
    return row?.oldest ?? undefined;
  }
}
