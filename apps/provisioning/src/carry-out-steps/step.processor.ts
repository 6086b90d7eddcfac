import { Process, Processor } from '@nestjs/bull';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Job } from 'bull';
import { type StepJob, carryOutStep } from './step-jobs.js';
import { StepRunner } from './step-runner.js';

/** Waiting environments cost next to nothing, so many may be in hand at once. */
const concurrency = 32;

@Processor('provisioning')
export class StepProcessor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly started = Promise.withResolvers<void>();
  private readonly stopping = new AbortController();

  constructor(private readonly runner: StepRunner) {}

  /** Bull hands out jobs as soon as it is connected, which may be before the commands have their handlers. */
  onApplicationBootstrap(): void {
    this.started.resolve();
  }

  /** Steps in hand stop where they are; their leases run out and another process goes on. */
  onModuleDestroy(): void {
    this.stopping.abort(new Error('The process stops.'));
    this.started.resolve();
  }

  @Process({ name: carryOutStep, concurrency })
  async carryOut(job: Job<StepJob>): Promise<void> {
    await this.started.promise;
    if (!this.stopping.signal.aborted) await this.runner.run(job.data, this.stopping.signal);
  }
}
