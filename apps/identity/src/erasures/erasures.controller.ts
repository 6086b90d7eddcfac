import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { RequestErasureDto } from './erasures.dto.js';
import { Erasures } from './erasures.js';

@ApiTags('Erasures')
@Controller('erasures')
export class ErasuresController {
  constructor(private readonly erasures: Erasures) {}

  @Post()
  @HttpCode(202)
  @RequirePermission('erasures:request')
  @ApiOperation({
    summary: "Erase somebody's personal data",
    description:
      'Destroys the key that the data is sealed with, and has every context clear its copies. This cannot be undone. ' +
      'GET /api/erasures/{id} says how far it is and holds the certificate; that takes some two minutes. ' +
      'Asking again answers the first erasure of the subject.',
  })
  @ApiAcceptedResponse({ type: CommandResult })
  async request(
    @Body() { subject, reason }: RequestErasureDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done = await this.erasures.request(subject, reason, context);
    void reply.header('Location', `/api/erasures/${done.id}`);
    return commandResult(done, reply);
  }
}
