import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { HolderSecrets } from '#libs/webhooks/src/holder-secrets.js';
import { IssuedSecret, WebhookSecretParams } from '#libs/webhooks/src/secrets.dto.js';
import { WebhookCredentials } from '#libs/webhooks/src/webhook-credentials.js';
import {
  DisableWebhookEndpoint,
  EnableWebhookEndpoint,
  RegisterWebhookEndpoint,
  RetireEndpointSecret,
  RotateEndpointSecret,
  webhookEndpointDecider,
} from '../domain/webhook-endpoint.decider.js';
import { notificationProblem } from '../notification.problems.js';
import { WEBHOOK_SETTINGS, type WebhookSettings } from '../settings.js';
import { problemOfUrl } from './endpoint-url.js';
import { RegisterWebhookEndpointDto } from './webhook-endpoints.dto.js';

@ApiTags('Webhook endpoints')
@Controller('webhook-endpoints')
export class WebhookEndpointsController {
  private readonly holders: HolderSecrets;

  constructor(
    private readonly commands: CommandBus,
    credentials: WebhookCredentials,
    aggregates: Aggregates,
    @Inject(WEBHOOK_SETTINGS) private readonly settings: WebhookSettings,
  ) {
    this.holders = new HolderSecrets(credentials, async (id) => {
      const endpoint = await aggregates.load(webhookEndpointDecider, id);
      return endpoint.status === 'none' ? undefined : endpoint;
    });
  }

  @Post()
  @RequirePermission('webhook-endpoints:manage')
  @ApiOperation({
    summary: 'Register a webhook endpoint',
    description: 'Names a system that is told what becomes of environments. The answer shows its signing secret, once.',
  })
  @ApiCreatedResponse({ type: IssuedSecret })
  async register(
    @Body() { name, url, events }: RegisterWebhookEndpointDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedSecret> {
    const detail = problemOfUrl(url, this.settings);
    if (detail !== undefined) {
      throw httpProblem('validation_failed', undefined, { errors: [{ in: 'body', pointer: '/url', detail }] });
    }
    const id = stableId('webhook-endpoint', context.commandId);
    void reply.header('Location', `/api/webhook-endpoints/${id}`);
    const endpoint = { name, url: new URL(url).href, ...(events && { events }) };
    return this.issue(
      context,
      reply,
      (credentialId) => new RegisterWebhookEndpoint(id, { ...endpoint, credentialId }, context),
    );
  }

  @Post(':id/secrets')
  @RequirePermission('webhook-endpoints:manage')
  @ApiOperation({
    summary: 'Rotate the secret of a webhook endpoint',
    description:
      'Adds a secret and shows it, once. Webhooks are signed with it and the one before; a third, oldest one is retired.',
  })
  @ApiCreatedResponse({ type: IssuedSecret })
  async rotate(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedSecret> {
    return this.issue(context, reply, (credentialId) => new RotateEndpointSecret(id, { credentialId }, context));
  }

  @Delete(':id/secrets/:version')
  @RequirePermission('webhook-endpoints:manage')
  @ApiOperation({
    summary: 'Retire a secret of a webhook endpoint',
    description: 'It signs no webhooks from now on. The only one can not be retired.',
  })
  @ApiOkResponse({ type: CommandResult })
  async retire(
    @Param() { id, version }: WebhookSecretParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const done: Committed = await this.commands.execute(new RetireEndpointSecret(id, { version }, context));
    await this.holders.destroyRetired(id);
    return commandResult(done, reply);
  }

  @Post(':id/disable')
  @HttpCode(200)
  @RequirePermission('webhook-endpoints:operate')
  @ApiOperation({
    summary: 'Disable a webhook endpoint',
    description: 'Nothing is sent to it. What it misses is on record as given up and can be replayed.',
  })
  @ApiOkResponse({ type: CommandResult })
  async disable(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.commands.execute(new DisableWebhookEndpoint(id, {}, context)), reply);
  }

  @Post(':id/enable')
  @HttpCode(200)
  @RequirePermission('webhook-endpoints:operate')
  @ApiOperation({
    summary: 'Enable a webhook endpoint',
    description: 'Webhooks are sent to it again, from the next event on.',
  })
  @ApiOkResponse({ type: CommandResult })
  async enable(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.commands.execute(new EnableWebhookEndpoint(id, {}, context)), reply);
  }

  private async issue(
    context: CommandContext,
    reply: FastifyReply,
    command: (credentialId: string) => RegisterWebhookEndpoint | RotateEndpointSecret,
  ): Promise<IssuedSecret> {
    const issued = await this.holders.issue(context, (credentialId) => this.commands.execute(command(credentialId)));
    if (!issued) throw notificationProblem('webhook_secret_retired');
    return new IssuedSecret(commandResult(issued.done, reply), issued.version, issued.secret);
  }
}
