import { Process, Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { attemptDelivery, type DeliveryJob, webhookQueue } from './delivery-jobs.js';
import { DeliveryRunner } from './delivery-runner.js';
import { WebhookTurns } from './webhook-turns.js';

/** Mail servers count connections. */
const mailsAtOnce = 4;
/** Most of the time of a webhook is waiting. */
const webhooksAtOnce = 16;

@Processor('notification')
export class MailProcessor {
  constructor(private readonly runner: DeliveryRunner) {}

  @Process({ name: attemptDelivery, concurrency: mailsAtOnce })
  async attempt(job: Job<DeliveryJob>): Promise<void> {
    await this.runner.run(job.data);
  }
}

@Processor(webhookQueue)
export class WebhookProcessor {
  constructor(private readonly turns: WebhookTurns) {}

  @Process({ name: attemptDelivery, concurrency: webhooksAtOnce })
  async attempt(job: Job<DeliveryJob>): Promise<void> {
    await this.turns.run(job.data);
  }
}
