import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import { queueDue } from '#libs/jobs/src/due-work.js';
import { JobQueue } from '#libs/jobs/src/job-queue.js';
import { EnvironmentWork } from '../environment-work/environment-work.entity.js';

export const carryOutStep = 'carry-out-step';
export const recheckShortage = 'recheck-shortage';

/** One try of one step. */
export interface StepJob {
  readonly environmentId: string;
  readonly step: EnvironmentStep;
  readonly number: number;
  readonly correlationId: string;
}

/** One look whether there is room for an environment now. */
export type RecheckJob = Omit<StepJob, 'step'>;

/** The jobs that wake a worker for a step or a look. The same try that is due at the same time makes the same job. */
@Injectable()
export class StepJobs {
  constructor(
    private readonly queue: JobQueue,
    @InjectRepository(EnvironmentWork, 'provisioning') private readonly work: Repository<EnvironmentWork>,
  ) {}

  /** @throws JobQueueUnavailable */
  async add({ environmentId, step, number, correlationId }: StepJob, at: Date): Promise<void> {
    const data: StepJob = { environmentId, step, number, correlationId };
    await this.queue.add({ id: idOf(environmentId, step, number, at), name: carryOutStep, data, at });
  }

  /** @throws JobQueueUnavailable */
  async addRecheck({ environmentId, number, correlationId }: RecheckJob, at: Date): Promise<void> {
    const data: RecheckJob = { environmentId, number, correlationId };
    await this.queue.add({ id: idOf(environmentId, 'recheck', number, at), name: recheckShortage, data, at });
  }

  /** Queues what the log says is due and Redis has forgotten. A job that still waits or runs is left as it is. */
  async addDue(signal: AbortSignal): Promise<void> {
    const queue = (due: EnvironmentWork): Promise<void> =>
      due.purpose === 'step' ? this.add(due, due.dueAt) : this.addRecheck(due, due.dueAt);
    await queueDue(this.work, queue, signal);
  }
}

/** Numbers begin anew with each plan and each shortage; the job of one before may still run. */
function idOf(environmentId: string, what: string, number: number, at: Date): string {
  return `${environmentId}-${what}-${number}-${at.getTime()}`;
}
