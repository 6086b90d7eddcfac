import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '#libs/auth/src/access.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { Context } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { testMessageType } from '../domain/delivery.js';
import { ReplayWebhook, RequestWebhook } from '../domain/delivery.commands.js';
import { ReplayFailedWebhooks, webhookEndpointDecider } from '../domain/webhook-endpoint.decider.js';
import { notificationProblem } from '../notification.problems.js';
import { ReplayFailedDto } from './webhook-endpoints.dto.js';

/** What operators have sent on purpose. */
@ApiTags('Webhook deliveries')
@Controller()
export class WebhookReplaysController {
  constructor(
    private readonly commands: CommandBus,
    private readonly aggregates: Aggregates,
  ) {}

  @Post('webhook-deliveries/:id/replay')
  @HttpCode(200)
  @RequirePermission('webhook-endpoints:operate')
  @ApiOperation({
    summary: 'Send a webhook again',
    description: 'Now, under the same webhook-id, whether it was taken or given up or waits for its next attempt.',
  })
  @ApiOkResponse({ type: CommandResult })
  async replay(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    return commandResult(await this.commands.execute(new ReplayWebhook(id, {}, context)), reply);
  }

  @Post('webhook-endpoints/:id/replay')
  @HttpCode(200)
  @RequirePermission('webhook-endpoints:operate')
  @ApiOperation({
    summary: 'Send everything again that an endpoint missed',
    description: 'Every webhook to it that was given up and was asked for at the instant or later.',
  })
  @ApiOkResponse({ type: CommandResult })
  async replayFailed(
    @Param() { id }: IdParams,
    @Body() { since }: ReplayFailedDto,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const command = new ReplayFailedWebhooks(id, { since: new Date(since).toISOString() }, context);
    return commandResult(await this.commands.execute(command), reply);
  }

  @Post('webhook-endpoints/:id/test')
  @RequirePermission('webhook-endpoints:operate')
  @ApiOperation({
    summary: 'Send a test message to an endpoint',
    description:
      'One attempt, also to a disabled endpoint. The answer names the delivery, which tells what came of it.',
  })
  @ApiCreatedResponse({ type: CommandResult })
  async test(
    @Param() { id }: IdParams,
    @Context() context: CommandContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const endpoint = await this.aggregates.load(webhookEndpointDecider, id);
    if (endpoint.status === 'none') throw notificationProblem('webhook_endpoint_not_found');
    const deliveryId = stableId('webhook-test', context.commandId);
    const content = {
      eventId: deliveryId,
      eventType: testMessageType,
      timestamp: context.occurredAt,
      data: { message: 'A test message. Nothing has happened.' },
    };
    void reply.header('Location', `/api/webhook-deliveries/${deliveryId}`);
    const command = new RequestWebhook(deliveryId, { endpointId: id, content }, context);
    return commandResult(await this.commands.execute(command), reply);
  }
}
