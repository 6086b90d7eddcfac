import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { attemptContext } from '#libs/jobs/src/attempt-commands.js';
import { queueDue } from '#libs/jobs/src/due-work.js';
import { ApprovalRow } from '../approval-list/approval.entity.js';
import { RunApprovalTimer } from '../domain/approval-commands.js';
import { Substitutes } from '../substitutes.js';

/** Token of the sweep's reconciler. */
export const TIMER_SWEEP = Symbol('approval timer sweep');

/** Reminds the approvers of steps that wait, and escalates what waits too long. The sweep is the whole timer. */
@Injectable()
export class ApprovalTimers {
  constructor(
    private readonly commands: CommandBus,
    @InjectRepository(ApprovalRow, 'opportunity') private readonly approvals: Repository<ApprovalRow>,
    private readonly substitutes: Substitutes,
  ) {}

  async sweep(signal: AbortSignal): Promise<void> {
    let known: Promise<readonly string[]> | undefined;
    const managers = () => (known ??= this.substitutes.managers());
    await queueDue(this.approvals, (row) => this.run(row, managers), signal);
  }

  /** Instances that sweep at the same time, and a sweep that is ahead of the read model, send the same command. */
  private async run(
    { id, dueAt, escalateTo, correlationId }: ApprovalRow,
    managers: () => Promise<readonly string[]>,
  ): Promise<void> {
    const named = escalateTo === null ? [] : [escalateTo];
    const candidates = await this.substitutes.forApprover(named, managers);
    const attempt = `${id}@${dueAt?.getTime()}`;
    const context = attemptContext({ process: 'opportunity', attempt, correlationId }, 'timer');
    await this.commands.execute(new RunApprovalTimer(id, { candidates }, context));
  }
}
