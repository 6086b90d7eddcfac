import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { notificationProblem } from '../notification.problems.js';
import {
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookDeliveryView,
  webhookDeliveryView,
} from './webhook-delivery-list.dto.js';
import { WebhookDeliveryRow } from './webhook-delivery-list.entity.js';
import { webhookDeliveryListProjection } from './webhook-delivery-list.projection.js';

const order: PageOrder<WebhookDeliveryRow> = { sorts: ['requestedAt'], defaultSort: '-requestedAt' };

@ApiTags('Webhook deliveries')
@Controller('webhook-deliveries')
export class WebhookDeliveryListController {
  constructor(
    @InjectRepository(WebhookDeliveryRow, 'notification') private readonly rows: Repository<WebhookDeliveryRow>,
  ) {}

  @Get()
  @RequirePermission('deliveries:read')
  @ReadsFrom(webhookDeliveryListProjection)
  @ApiOperation({
    summary: 'List webhook deliveries',
    description: 'What other systems were told, what is on its way and what was given up.',
  })
  @ApiOkResponse({ type: WebhookDeliveryPage })
  async list(@Query() query: WebhookDeliveryQuery): Promise<WebhookDeliveryPage> {
    const { endpointId, status, eventType } = query;
    const { items, ...page } = await pageOf(this.rows, { endpointId, status, eventType }, query, order);
    return { items: items.map(webhookDeliveryView), ...page };
  }

  @Get(':id')
  @RequirePermission('deliveries:read')
  @ReadsFrom(webhookDeliveryListProjection)
  @ApiOperation({
    summary: 'Read one webhook delivery',
    description: 'What it says, its attempts with status, duration and reason, and when the next one is due.',
  })
  @ApiOkResponse({
    type: WebhookDeliveryView,
    headers: { ETag: { schema: { type: 'string' }, description: 'Its revision' } },
  })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<WebhookDeliveryView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw notificationProblem('webhook_delivery_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return webhookDeliveryView(row);
  }
}
