import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { queueDue } from '#libs/jobs/src/due-work.js';
import { TellDueSoon } from '../domain/task.js';
import { TaskAlert } from './task-alert.entity.js';

/** Tells of every task that is due within 24 hours, once for each due date. A sweep is the whole timer. */
@Injectable()
export class DueSoonSweep {
  constructor(
    private readonly commands: CommandBus,
    @InjectRepository(TaskAlert, 'sales-activity') private readonly alerts: Repository<TaskAlert>,
  ) {}

  async sweep(signal: AbortSignal): Promise<void> {
    await queueDue(this.alerts, (alert) => this.tell(alert), signal);
  }

  /** Instances that sweep at the same time, and a sweep that is ahead of the read model, send the same command. */
  private async tell({ taskId, dueDate, correlationId }: TaskAlert): Promise<void> {
    if (dueDate === null) return;
    const context = {
      commandId: stableId('due-soon', taskId, dueDate),
      actor: { id: 'process:sales-activity', role: 'SERVICE' },
      correlationId,
      occurredAt: new Date().toISOString(),
    };
    await this.commands.execute(new TellDueSoon(taskId, { dueDate }, context));
  }
}
