import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { accepted, attemptContext } from '#libs/jobs/src/attempt-commands.js';
import type { RecheckJob } from '../carry-out-steps/step-jobs.js';
import { environmentDecider } from '../domain/environment.decider.js';
import { RecordCheck } from '../domain/failure-handling.js';
import { type ProvisioningSettings, SETTINGS } from '../settings.js';
import { Shortages, type ShortEnvironment } from './shortages.js';

/** Looks whether there is room now for an environment that had none. It only reads, so it needs no lease. */
@Injectable()
export class RecheckRunner {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
    private readonly shortages: Shortages,
    @Inject(SETTINGS) private readonly settings: ProvisioningSettings,
  ) {}

  async run({ environmentId, number, correlationId }: RecheckJob, signal: AbortSignal): Promise<void> {
    const state = await this.aggregates.load(environmentDecider, environmentId);
    if (state.status !== 'needs_attention' || state.recheck !== number) return;
    const shortage = await this.shortages.find(state satisfies ShortEnvironment, signal);
    const recheck = { firstMs: this.settings.recheckMs, jitter: Math.random() };
    // Two that look at the same time may see different things; what is recorded first counts.
    const attempt = stableId(environmentId, 'recheck', `${number}`, new Date().toISOString());
    const context = attemptContext({ process: 'provisioning', attempt, correlationId }, 'check');
    const data = { number, recheck, ...(shortage !== undefined && { shortage }) };
    await accepted(this.commands, new RecordCheck(environmentId, data, context));
  }
}
