import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { attemptOf } from './command-steps.js';
import { RecordRefusal, type RefusedAccess } from './domain/refused-access.decider.js';

/** Tells the audit log of those who came with what lets nobody in. */
@Injectable()
export class RefusedAccesses {
  constructor(private readonly commands: CommandBus) {}

  async record(refused: RefusedAccess, request: CommandContext): Promise<void> {
    const { means, clientId, userId } = refused;
    const target = `${means}-${clientId ?? userId ?? 'unknown'}`;
    await this.commands.execute<RecordRefusal, Committed>(new RecordRefusal(target, refused, attemptOf(request)));
  }
}
