import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThanOrEqual, type Repository } from 'typeorm';
import { JobQueue } from '#libs/jobs/src/job-queue.js';
import { DeliveryWork } from '../delivery-work/delivery-work.entity.js';

export const attemptDelivery = 'attempt-delivery';

export interface AttemptJob {
  readonly deliveryId: string;
  readonly correlationId: string;
}

const mostAtOnce = 500;

/** The jobs that wake a worker for a delivery. The same delivery and due time make the same job. */
@Injectable()
export class AttemptJobs {
  constructor(
    private readonly queue: JobQueue,
    @InjectRepository(DeliveryWork, 'notification') private readonly work: Repository<DeliveryWork>,
  ) {}

  async add({ deliveryId, correlationId }: AttemptJob, dueAt: Date): Promise<void> {
    const data: AttemptJob = { deliveryId, correlationId };
    await this.queue.add({ id: `${deliveryId}@${dueAt.getTime()}`, name: attemptDelivery, data, at: dueAt });
  }

  /** Queues what the log says is due and Redis may have forgotten. A job that still waits is left as it is. */
  async addDue(signal: AbortSignal): Promise<void> {
    const due = await this.work.find({
      where: { dueAt: LessThanOrEqual(new Date()) },
      order: { dueAt: 'ASC' },
      take: mostAtOnce,
    });
    for (const delivery of due) {
      if (signal.aborted) return;
      await this.add(delivery, delivery.dueAt);
    }
  }
}
