import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { CredentialLinks, CredentialLink } from './credentials/credential-links.js';
import { RetryEnvironment } from './domain/environment.decider.js';

class RetryEnvironmentDto {
  @ApiPropertyOptional({ description: 'What was mended, for the timeline.', maxLength: 500 })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  note?: string;
}

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly links: CredentialLinks,
  ) {}

  @Post(':id/retry')
  @HttpCode(200)
  @RequirePermission('environments:operate')
  @ApiOperation({ summary: 'Retry an environment', description: 'Plans and applies anew what needs attention.' })
  @ApiBody({ type: RetryEnvironmentDto, required: false })
  @ApiOkResponse({ type: CommandResult })
  async retry(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body?: RetryEnvironmentDto,
  ): Promise<CommandResult> {
    const note = body?.note;
    const command = new RetryEnvironment(id, note === undefined ? {} : { note }, context);
    const done: Committed = await this.commands.execute(command);
    return commandResult(done, reply);
  }

  @Post(':id/credential-links')
  @RequirePermission('credential-links:issue')
  @ApiOperation({
    summary: 'Make a one-time link to the initial password',
    description: 'Links made earlier stay valid until one of them is used. The link is shown in this answer only.',
  })
  @ApiCreatedResponse({ type: CredentialLink })
  async issueLink(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CredentialLink> {
    void reply.header('Cache-Control', 'no-store');
    return this.links.issue(id, context);
  }
}
