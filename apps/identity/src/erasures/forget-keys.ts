import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThanOrEqual, type Repository } from 'typeorm';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { keyLifetimeMs } from '#libs/personal-data/src/key-lifetime.js';
import { ForgetKey } from '../domain/erasure.decider.js';
import { ErasureRow } from '../erasure-list/erasure-list.entity.js';

/** For what a process has begun with a key. */
const rest = 10_000;
const mostAtOnce = 500;

/** The clock of erasures: says when no process can hold a destroyed key in memory any more. */
@Injectable()
export class ForgetKeys {
  constructor(
    @InjectRepository(ErasureRow, 'identity') private readonly rows: Repository<ErasureRow>,
    private readonly commands: CommandBus,
  ) {}

  /** @param memoryMs how long a process may hold a key after it was destroyed */
  async sweep(signal: AbortSignal, memoryMs = keyLifetimeMs() + rest): Promise<void> {
    const before = new Date(Date.now() - memoryMs);
    const due = await this.rows.find({
      where: { status: 'key_destroyed', keyDestroyedAt: LessThanOrEqual(before) },
      order: { keyDestroyedAt: 'asc' },
      take: mostAtOnce,
    });
    for (const erasure of due) {
      if (signal.aborted) return;
      await this.commands.execute<ForgetKey, Committed>(new ForgetKey(erasure.id, { memoryMs }, contextOf(erasure)));
    }
  }
}

function contextOf({ id, correlationId }: ErasureRow): CommandContext {
  return {
    commandId: stableId('forget-key', id),
    actor: { id: 'process:identity', role: 'SERVICE' },
    correlationId,
    occurredAt: new Date().toISOString(),
  };
}
