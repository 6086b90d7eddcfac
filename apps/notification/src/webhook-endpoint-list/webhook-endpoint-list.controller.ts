import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { rowOf } from '#libs/http/src/shown-rows.js';
import { notificationProblem } from '../notification.problems.js';
import {
  WebhookEndpointPage,
  WebhookEndpointQuery,
  WebhookEndpointView,
  webhookEndpointView,
} from './webhook-endpoint-list.dto.js';
import { WebhookEndpointRow } from './webhook-endpoint-list.entity.js';
import { webhookEndpointListProjection } from './webhook-endpoint-list.projection.js';

const order: PageOrder<WebhookEndpointRow> = { sorts: ['registeredAt', 'name'], defaultSort: '-registeredAt' };

@ApiTags('Webhook endpoints')
@Controller('webhook-endpoints')
export class WebhookEndpointListController {
  constructor(
    @InjectRepository(WebhookEndpointRow, 'notification') private readonly rows: Repository<WebhookEndpointRow>,
  ) {}

  @Get()
  @ReadsFrom(webhookEndpointListProjection)
  @RequirePermission('webhook-endpoints:read')
  @ApiOperation({
    summary: 'List webhook endpoints',
    description: `The systems that are told what happens. Sorts: ${order.sorts.join(', ')}. Secrets are never shown.`,
  })
  @ApiOkResponse({ type: WebhookEndpointPage })
  async list(@Query() query: WebhookEndpointQuery): Promise<WebhookEndpointPage> {
    const { items, ...page } = await pageOf(this.rows, { status: query.status }, query, order);
    return { items: items.map(webhookEndpointView), ...page };
  }

  @Get(':id')
  @ReadsFrom(webhookEndpointListProjection)
  @RequirePermission('webhook-endpoints:read')
  @ApiOperation({
    summary: 'Read one webhook endpoint',
    description: 'ETag is its revision; send it back as If-Match.',
  })
  @ApiOkResponse({ type: WebhookEndpointView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<WebhookEndpointView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw notificationProblem('webhook_endpoint_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return webhookEndpointView(row);
  }
}
