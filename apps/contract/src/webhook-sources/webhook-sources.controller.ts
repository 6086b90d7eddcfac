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
import { contractProblem } from '../contract.problems.js';
import {
  RegisterWebhookSource,
  RetireWebhookSecret,
  RotateWebhookSecret,
  webhookSourceDecider,
} from '../domain/webhook-source.decider.js';
import { SigningSecrets } from './signing-secrets.js';
import { IssuedSecret, WebhookSecretParams } from '#libs/webhooks/src/secrets.dto.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import { RegisterWebhookSourceDto } from './webhook-sources.dto.js';

@ApiTags('Webhook sources')
@Controller('webhook-sources')
export class WebhookSourcesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly credentials: WebhookCredentials,
    private readonly secrets: SigningSecrets,
    private readonly aggregates: Aggregates,
  ) {}

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
    await this.destroyRetired(id);
    return commandResult(done, reply);
  }

  /** The credential's id comes from the command's id: a repeated request finds the secret that it made. */
  private async issue(
    { commandId }: CommandContext,
    reply: FastifyReply,
    command: (credentialId: string) => RegisterWebhookSource | RotateWebhookSecret,
  ): Promise<IssuedSecret> {
    const credentialId = stableId('webhook-credential', commandId);
    const secret = await this.credentials.issue(credentialId);
    const done: Committed = await this.commands.execute(command(credentialId));
    const active = await this.destroyRetired(done.id);
    const version = active.find((candidate) => candidate.credentialId === credentialId)?.version;
    if (secret === undefined || version === undefined) throw contractProblem('webhook_secret_retired');
    return new IssuedSecret(commandResult(done, reply), version, secret);
  }

  /** Goes by the log, which knows of what another request retired a moment ago. */
  private async destroyRetired(sourceId: string): Promise<readonly { credentialId: string; version: number }[]> {
    this.secrets.forget(sourceId);
    const source = await this.aggregates.load(webhookSourceDecider, sourceId);
    if (source.status === 'none') return [];
    await this.credentials.destroy(source.retired.map(({ credentialId }) => credentialId));
    return source.active;
  }
}
