import { Process, Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { attemptDelivery, type DeliveryJob } from './delivery-jobs.js';
import { DeliveryRunner } from './delivery-runner.js';

/** Mail servers count connections. */
const concurrency = 4;

@Processor('notification')
export class DeliveryProcessor {
  constructor(private readonly runner: DeliveryRunner) {}

  @Process({ name: attemptDelivery, concurrency })
  async attempt(job: Job<DeliveryJob>): Promise<void> {
    await this.runner.run(job.data);
  }
}
