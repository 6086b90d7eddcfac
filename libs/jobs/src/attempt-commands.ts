/** How a worker reports on its attempt at something: by commands that name the attempt. */
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { CommandBus } from '@nestjs/cqrs';
import type { Command, CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandRefused, EventStoreUnavailable } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';

export interface AttemptOrigin {
  /** The process that works, like `provisioning`. */
  readonly process: string;
  readonly attempt: string;
  readonly correlationId: string;
}

const repeatMs = 500;
const logger = new Logger('attempts');

/** The same attempt and name make the same command, so a report that is repeated counts once. */
export function attemptContext({ process, attempt, correlationId }: AttemptOrigin, name: string): CommandContext {
  return {
    commandId: stableId(attempt, name),
    actor: { id: `process:${process}`, role: 'SERVICE' },
    correlationId,
    occurredAt: new Date().toISOString(),
  };
}

/** Undefined when the command is refused: what it asks for is done, not due or in other hands. */
export async function accepted(commands: CommandBus, command: Command): Promise<Committed | undefined> {
  try {
    return await commands.execute<Command, Committed>(command);
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    logger.debug({ target: command.target, code: error.refusal.code }, error.message);
    return undefined;
  }
}

/** Keeps at it while the event store is away: an outcome that is not noted is work that is done twice. */
export async function insist(
  commands: CommandBus,
  command: Command,
  { forMs, signal }: { readonly forMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + forMs;
  for (;;) {
    try {
      await commands.execute(command);
      return;
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || signal?.aborted || Date.now() >= deadline) throw error;
      await delay(repeatMs);
    }
  }
}
