import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { JobQueue } from '#libs/jobs/src/job-queue.js';
import { EnvironmentRow } from '../environment-list/environment-list.entity.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import type { DriftJob } from './drift-runner.js';

export const findDrift = 'find-drift';
/** Token of the sweep's reconciler; there is none where drift is never looked for. */
export const DRIFT_SWEEP = Symbol('drift sweep');

const longestPauseMs = 60_000;

/** Pause between two sweeps: each one looks through all environments, so there are few within a long period. */
export function sweepEveryMs({ driftMs, reconcileMs }: Pick<ProvisioningSettings, 'driftMs' | 'reconcileMs'>): number {
  return Math.max(reconcileMs, Math.min(longestPauseMs, Math.ceil(driftMs / 60)));
}

/** The same for an environment at all times, and evenly spread over many. */
const moment = 'abs(cast(hashtext(cast( row.environmentId as text)) as bigint))';

/**
 * Every environment at rest has its moment within the period, by its id, so that the looks are spread evenly over it. A
 * sweep queues a look for those whose moment has come since the sweep before. What passes while no process is up is
 * left out: the next period has it again.
 */
@Injectable()
export class DriftSweep {
  private last: number | undefined;

  constructor(
    private readonly queue: JobQueue,
    @InjectRepository(EnvironmentRow, 'provisioning') private readonly rows: Repository<EnvironmentRow>,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async sweep(signal: AbortSignal): Promise<void> {
    const { driftMs } = this.settings;
    const until = Date.now();
    const since = Math.max(this.last ?? until - sweepEveryMs(this.settings), until - driftMs);
    this.last = until;
    const due = await this.rows
      .createQueryBuilder('row')
      .select('row.environmentId')
      .where('row.status in (:...atRest)', { atRest: ['ready', 'suspended'] })
      // How long ago its moment was, at the most one period.
      .andWhere(`mod(mod(cast(:until as bigint) - ${moment}, :driftMs) + :driftMs, :driftMs) < :span`, {
        until,
        driftMs,
        span: until - since,
      })
      .getMany();
    for (const { environmentId } of due) {
      if (signal.aborted) return;
      const data: DriftJob = { environmentId };
      // Instances that sweep at the same time make the same job.
      const period = Math.floor(until / driftMs);
      await this.queue.add({ id: `${environmentId}-drift-${period}`, name: findDrift, data });
    }
  }
}
