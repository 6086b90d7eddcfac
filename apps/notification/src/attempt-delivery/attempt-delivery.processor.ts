import { Process, Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { DeliveryAttempts } from './delivery-attempts.js';
import { type AttemptJob, attemptDelivery } from './attempt-jobs.js';

@Processor('notification')
export class AttemptDeliveryProcessor {
  constructor(private readonly attempts: DeliveryAttempts) {}

  @Process({ name: attemptDelivery, concurrency: 4 })
  async attempt(job: Job<AttemptJob>): Promise<void> {
    await this.attempts.run(job.data);
  }
}
