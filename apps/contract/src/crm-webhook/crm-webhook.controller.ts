import { Body, Controller, Headers, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/auth/src/access.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandIdReused, SubjectErased } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { fingerprint } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { Clock } from '../clock.js';
import { contractProblem } from '../contract.problems.js';
import { ReceiveLifeCycleWebhook, ReceiveWebhook } from '../domain/webhook.decider.js';
import { externalIdOf, type Report } from '../reports/report.js';
import { CustomerReport, CustomerStandingReport } from '../reports/report.dto.js';
import { ReportReader } from '../reports/report-reader.js';
import { WebhookSignatureGuard } from './webhook-signature.guard.js';

@ApiTags('Webhooks')
@Controller('webhooks/crm')
export class CrmWebhookController {
  constructor(
    private readonly commands: CommandBus,
    private readonly reports: ReportReader,
    private readonly clock: Clock,
  ) {}

  @Post(':sourceId')
  @HttpCode(202)
  @Public()
  @UseGuards(WebhookSignatureGuard)
  @ApiOperation({
    summary: 'Receive a webhook of a CRM',
    description:
      'Signed by Standard Webhooks 1.0. Answered once the webhook is stored; its contract follows. Repeating a ' +
      'webhook-id with the same body gives the first answer again, with another body 409. customer.registered and ' +
      'customer.changed carry the whole customer, the other types its id and a reason.',
  })
  @ApiParam({ name: 'sourceId', format: 'uuid', description: 'Id of the webhook source.' })
  @ApiHeader({ name: 'webhook-id', required: true, description: 'Id of the message, the same in every retry.' })
  @ApiHeader({ name: 'webhook-timestamp', required: true, description: 'Unix seconds of this attempt.' })
  @ApiHeader({ name: 'webhook-signature', required: true, example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=' })
  @ApiExtraModels(CustomerReport, CustomerStandingReport)
  @ApiBody({
    schema: { oneOf: [{ $ref: getSchemaPath(CustomerReport) }, { $ref: getSchemaPath(CustomerStandingReport) }] },
  })
  @ApiAcceptedResponse({ type: CommandResult })
  async receive(
    @Param('sourceId') sourceId: string,
    @Headers('webhook-id') webhookId: string,
    @Body() body: object,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const report = await this.reports.read(body, sourceId);
    const contractId = stableId('contract', sourceId, externalIdOf(report));
    const context: CommandContext = {
      commandId: stableId('receive-webhook', sourceId, webhookId),
      fingerprint: fingerprint('WEBHOOK', sourceId, request.rawBody),
      actor: { id: `webhook-source:${sourceId}`, role: 'SERVICE', ip: request.ip },
      correlationId: request.id,
      occurredAt: this.clock.now().toISOString(),
    };
    try {
      const command = receive(report, { sourceId, webhookId, contractId }, context);
      const done: Committed = await this.commands.execute(command);
      return commandResult(done, reply);
    } catch (error) {
      if (error instanceof CommandIdReused) throw contractProblem('webhook_id_reused');
      throw error instanceof SubjectErased ? contractProblem('customer_erased') : error;
    }
  }
}

function receive(
  report: Report,
  received: { readonly sourceId: string; readonly webhookId: string; readonly contractId: string },
  context: CommandContext,
): ReceiveWebhook | ReceiveLifeCycleWebhook {
  const { sourceId, webhookId, contractId } = received;
  const stream = stableId(sourceId, webhookId);
  if ('customer' in report) {
    const { type: webhookType, customer, changedAt } = report;
    return new ReceiveWebhook(stream, { sourceId, webhookId, webhookType, contractId, changedAt, customer }, context);
  }
  const { type: webhookType, ...said } = report;
  return new ReceiveLifeCycleWebhook(stream, { ...received, webhookType, ...said }, context);
}
