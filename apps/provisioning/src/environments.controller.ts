import { Controller, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { Context } from '#libs/http/src/command-context.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { CredentialLinks, CredentialLink } from './credentials/credential-links.js';

@ApiTags('Environments')
@Controller('environments')
export class EnvironmentsController {
  constructor(private readonly links: CredentialLinks) {}

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
