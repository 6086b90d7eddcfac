import { Body, Controller, Delete, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { HolderSecrets } from '#libs/webhooks/src/holder-secrets.js';
import { IssuedSecret, WebhookSecretParams } from '#libs/webhooks/src/secrets.dto.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import { contractProblem } from '../contract.problems.js';
import {
  RegisterWebhookSource,
  RetireWebhookSecret,
  RotateWebhookSecret,
  webhookSourceDecider,
} from '../domain/webhook-source.decider.js';
import { SigningSecrets } from './signing-secrets.js';
import { RegisterWebhookSourceDto } from './webhook-sources.dto.js';

@ApiTags('Webhook sources')
@Controller('webhook-sources')
export class WebhookSourcesController {
  private readonly holders: HolderSecrets;

  constructor(
    private readonly commands: CommandBus,
    credentials: WebhookCredentials,
    secrets: SigningSecrets,
    aggregates: Aggregates,
  ) {
    this.holders = new HolderSecrets(credentials, async (id) => {
      secrets.forget(id);
      const source = await aggregates.load(webhookSourceDecider, id);
      return source.status === 'none' ? undefined : source;
    });
  }

  @Post()
  @RequirePermission('webhook-sources:manage')
  @ApiOperation({
    summary: 'Register a webhook source',
    description: 'Lets a system send webhooks. The answer shows its signing secret, once.',
  })
  @ApiCreatedResponse({ type: IssuedSecret })
  async register(
    @Body() { name }: RegisterWebhookSourceDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedSecret> {
    const id = stableId('webhook-source', context.commandId);
    void reply.header('Location', `/api/webhook-sources/${id}`);
    return this.issue(context, reply, (credentialId) => new RegisterWebhookSource(id, { name, credentialId }, context));
  }

  @Post(':id/secrets')
  @RequirePermission('webhook-sources:manage')
  @ApiOperation({
    summary: 'Rotate the secret of a webhook source',
    description: 'Adds a secret and shows it, once. The one before stays valid; a third, oldest one is retired.',
  })
  @ApiCreatedResponse({ type: IssuedSecret })
  async rotate(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedSecret> {
    return this.issue(context, reply, (credentialId) => new RotateWebhookSecret(id, { credentialId }, context));
  }

  @Delete(':id/secrets/:version')
  @RequirePermission('webhook-sources:manage')
  @ApiOperation({
    summary: 'Retire a secret',
    description: 'Webhooks signed with it are refused from now on. Without any secret all webhooks are refused.',
  })
  @ApiOkResponse({ type: CommandResult })
  async retire(
    @Param() { id, version }: WebhookSecretParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new RetireWebhookSecret(id, { version }, context));
    await this.holders.destroyRetired(id);
    return commandResult(done, reply);
  }

  private async issue(
    context: CommandContext,
    reply: FastifyReply,
    command: (credentialId: string) => RegisterWebhookSource | RotateWebhookSecret,
  ): Promise<IssuedSecret> {
    const issued = await this.holders.issue(context, (credentialId) => this.commands.execute(command(credentialId)));
    if (!issued) throw contractProblem('webhook_secret_retired');
    return new IssuedSecret(commandResult(issued.done, reply), issued.version, issued.secret);
  }
}
