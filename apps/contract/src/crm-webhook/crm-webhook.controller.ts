import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';
import type { CommandContext, Committed } from '#libs/event-sourcing/src/command.js';
import { CommandIdReused, SubjectErased } from '#libs/event-sourcing/src/errors.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import { fingerprint } from '#libs/http/src/command-context.js';
import { CommandResult, commandResult } from '#libs/http/src/command-result.js';
import { httpProblem } from '#libs/http/src/http-problems.js';
import type { ApiRequest } from '#libs/http/src/request.js';
import { RequestValidationPipe } from '#libs/http/src/validation.js';
import { Clock } from '../clock.js';
import { contractProblem } from '../contract.problems.js';
import { ReceiveWebhook } from '../domain/webhook.decider.js';
import { demandSold } from '../sold-terms.js';
import { toleranceMs } from '#libs/webhooks/src/standard-webhook.js';
import { CrmCustomerRegistered, crmTermPointers, registeredCustomer, webhookTypes } from './crm-webhook.dto.js';
import { WebhookSignatureGuard } from './webhook-signature.guard.js';

@ApiTags('Webhooks')
@Controller('webhooks/crm')
export class CrmWebhookController {
  private readonly validation = new RequestValidationPipe({ unknownProperties: 'drop' });

  constructor(
    private readonly commands: CommandBus,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
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
      'webhook-id with the same body gives the first answer again, with another body 409.',
  })
  @ApiParam({ name: 'sourceId', format: 'uuid', description: 'Id of the webhook source.' })
  @ApiHeader({ name: 'webhook-id', required: true, description: 'Id of the message, the same in every retry.' })
  @ApiHeader({ name: 'webhook-timestamp', required: true, description: 'Unix seconds of this attempt.' })
  @ApiHeader({ name: 'webhook-signature', required: true, example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=' })
  @ApiBody({ type: CrmCustomerRegistered })
  @ApiAcceptedResponse({ type: CommandResult })
  async receive(
    @Param('sourceId') sourceId: string,
    @Headers('webhook-id') webhookId: string,
    @Body() body: object,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResult> {
    const { type, timestamp, data } = await this.validated(body);
    const customer = registeredCustomer(data.customer);
    demandSold(this.catalogue, customer.terms, crmTermPointers);
    const changedAt = new Date(timestamp).toISOString();
    const contractId = stableId('contract', sourceId, customer.externalId);
    const received = { sourceId, webhookId, webhookType: type, contractId, changedAt, customer };
    const context: CommandContext = {
      commandId: stableId('receive-webhook', sourceId, webhookId),
      fingerprint: fingerprint('WEBHOOK', sourceId, request.rawBody),
      actor: { id: `webhook-source:${sourceId}`, role: 'SERVICE', ip: request.ip },
      correlationId: request.id,
      occurredAt: this.clock.now().toISOString(),
    };
    try {
      const command = new ReceiveWebhook(stableId(sourceId, webhookId), received, context);
      const done: Committed = await this.commands.execute(command);
      return commandResult(done, reply);
    } catch (error) {
      if (error instanceof CommandIdReused) throw contractProblem('webhook_id_reused');
      throw error instanceof SubjectErased ? contractProblem('customer_erased') : error;
    }
  }

  private async validated(body: object): Promise<CrmCustomerRegistered> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      const errors = [{ in: 'body', pointer: '', detail: 'Must be a JSON object.' }];
      throw httpProblem('validation_failed', undefined, { errors });
    }
    const known: readonly unknown[] = webhookTypes;
    if ('type' in body && typeof body.type === 'string' && !known.includes(body.type)) {
      throw contractProblem('webhook_type_unknown', `Types that are understood: ${webhookTypes.join(', ')}.`);
    }
    const metadata = { type: 'body', metatype: CrmCustomerRegistered } as const;
    const webhook = (await this.validation.transform(body, metadata)) as CrmCustomerRegistered;
    if (Date.parse(webhook.timestamp) - this.clock.now().getTime() > toleranceMs) {
      const detail = 'Lies in the future. Send the instant of the change and check the sending clock.';
      throw httpProblem('validation_failed', undefined, { errors: [{ in: 'body', pointer: '/timestamp', detail }] });
    }
    return webhook;
  }
}
