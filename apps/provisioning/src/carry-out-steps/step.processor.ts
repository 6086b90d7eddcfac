import { Process, Processor } from '@nestjs/bull';
import type { OnModuleDestroy } from '@nestjs/common';
import type { Job } from 'bull';
import { type DriftJob, DriftRunner } from '../find-drift/drift-runner.js';
import { findDrift } from '../find-drift/drift-sweep.js';
import { RecheckRunner } from '../recheck-shortages/recheck-runner.js';
import { mostInHand } from './lanes.js';
import { carryOutStep, type RecheckJob, recheckShortage, type StepJob } from './step-jobs.js';
import { StepRunner } from './step-runner.js';

/** Looks at once. They are short, and nobody waits for them. */
const looksAtOnce = 4;

@Processor('provisioning')
export class StepProcessor implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly runner: StepRunner,
    private readonly rechecks: RecheckRunner,
    private readonly drifts: DriftRunner,
  ) {}

  /** Steps in hand stop where they are; their leases run out and another process goes on. */
  onModuleDestroy(): void {
    this.stopping.abort(new Error('The process stops.'));
  }

  @Process({ name: carryOutStep, concurrency: mostInHand })
  async carryOut(job: Job<StepJob>): Promise<void> {
    if (!this.stopping.signal.aborted) await this.runner.run(job.data, this.stopping.signal);
  }

  @Process({ name: findDrift, concurrency: looksAtOnce })
  async findDrift(job: Job<DriftJob>): Promise<void> {
    if (!this.stopping.signal.aborted) await this.drifts.run(job.data, this.stopping.signal);
  }

  @Process({ name: recheckShortage, concurrency: looksAtOnce })
  async recheck(job: Job<RecheckJob>): Promise<void> {
    if (!this.stopping.signal.aborted) await this.rechecks.run(job.data, this.stopping.signal);
  }
}
