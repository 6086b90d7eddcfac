import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { queueDue } from '#libs/jobs/src/due-work.js';
import { JobQueue } from '#libs/jobs/src/job-queue.js';
import { DeliveryWork } from '../delivery-work/delivery-work.entity.js';
import type { DeliveryRequest } from '../domain/delivery.js';

export const attemptDelivery = 'attempt-delivery';

/** What goes over HTTP, to endpoints and Slack, has a queue of its own: who is slow to answer keeps no mail waiting. */
export const webhookQueue = 'notification-webhooks';
export const WEBHOOK_QUEUE = Symbol(webhookQueue);

/** One attempt at one delivery. */
export interface DeliveryJob {
  readonly deliveryId: string;
  readonly correlationId: string;
  /** Of a webhook, unless who queued it would have had to read for it. */
  readonly endpointId?: string;
}

/** The jobs that wake a worker for a delivery. The same delivery and due time make the same job. */
@Injectable()
export class DeliveryJobs {
  constructor(
    private readonly mails: JobQueue,
    @Inject(WEBHOOK_QUEUE) private readonly webhooks: JobQueue,
    @InjectRepository(DeliveryWork, 'notification') private readonly work: Repository<DeliveryWork>,
  ) {}

  /** @throws JobQueueUnavailable */
  async add(
    { deliveryId, correlationId, endpointId }: DeliveryJob,
    channel: DeliveryRequest['channel'],
    dueAt: Date,
  ): Promise<void> {
    const data: DeliveryJob = { deliveryId, correlationId, ...(endpointId !== undefined && { endpointId }) };
    const queue = channel === 'mail' || channel === 'operator_mail' ? this.mails : this.webhooks;
    await queue.add({ id: `${deliveryId}@${dueAt.getTime()}`, name: attemptDelivery, data, at: dueAt });
  }

  /** Queues what the log says is due and Redis has forgotten. A job that still waits or runs is left as it is. */
  async addDue(signal: AbortSignal): Promise<void> {
    await queueDue(this.work, (delivery) => this.add(delivery, delivery.channel, delivery.dueAt), signal);
  }
}
