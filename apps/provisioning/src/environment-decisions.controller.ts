import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Command, CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { ApproveChange, RejectChange } from './domain/approval.js';
import { AbandonEnvironment } from './domain/manual-handling.js';
import { ApproveChangeDto, CancelEnvironmentDto, RejectChangeDto } from './manual-handling.dto.js';

/** Whether a change is applied, and whether an environment that was never ready is wanted at all. */
@ApiTags('Environments')
@Controller('environments')
export class EnvironmentDecisionsController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/approve')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Approve a change of an environment',
    description: 'What waits for it, as `approval` shows it, is applied.',
  })
  @ApiBody({ type: ApproveChangeDto, required: false })
  @ApiOkResponse({ type: CommandResult })
  async approve(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() { note }: ApproveChangeDto = {},
  ): Promise<CommandResult> {
    return this.carryOut(new ApproveChange(id, note === undefined ? {} : { note }, context), reply);
  }

  @Post(':id/reject')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Reject a change of an environment',
    description: 'The environment stays as it is. The contract keeps its new terms until it is amended again.',
  })
  @ApiOkResponse({ type: CommandResult })
  async reject(
    @Param() { id }: IdParams,
    @Body() { note }: RejectChangeDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.carryOut(new RejectChange(id, { note }, context), reply);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({
    summary: 'Cancel an environment that was never ready',
    description:
      'Whoever works on it stops, and everything that stands of it is deleted. There is no way back. The contract ' +
      'stays as it is. One that was ready ends with its contract instead.',
  })
  @ApiOkResponse({ type: CommandResult })
  async cancel(
    @Param() { id }: IdParams,
    @Body() { note }: CancelEnvironmentDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return this.carryOut(new AbandonEnvironment(id, { note }, context), reply);
  }

  private async carryOut(command: Command, reply: FastifyReply): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(command);
    return commandResult(done, reply);
  }
}
