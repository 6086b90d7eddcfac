import type { FastifyReply } from 'fastify';
import { ApiProperty } from '@nestjs/swagger';
import type { Committed } from '#libs/event-sourcing/src/command.js';
import { etagOf } from './etag.js';

/** Body of the answer to a command. */
export class CommandResult {
  @ApiProperty({ description: 'Id of what the command changed or made.' })
  readonly id: string;

  @ApiProperty({ description: 'Its revision now; the same number stands in ETag.' })
  readonly revision: number;

  @ApiProperty({ description: 'Position of the change in the log, a decimal number. Send it as X-Await-Position.' })
  readonly position: string;

  constructor(committed: Committed) {
    this.id = committed.id;
    this.revision = committed.revision;
    this.position = committed.position.toString();
  }
}

/** Sets `X-Event-Position` and `ETag`: `return commandResult(committed, reply)` with `@Res({ passthrough: true })`. */
export function commandResult(committed: Committed, reply: FastifyReply): CommandResult {
  const result = new CommandResult(committed);
  void reply.header('X-Event-Position', result.position).header('ETag', etagOf(result.revision));
  return result;
}
