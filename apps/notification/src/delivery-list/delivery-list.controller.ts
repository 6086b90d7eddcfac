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
import { DeliveryPage, DeliveryQuery, DeliveryView, deliveryView } from './delivery-list.dto.js';
import { DeliveryRow } from './delivery-list.entity.js';
import { deliveryListProjection } from './delivery-list.projection.js';

const order: PageOrder<DeliveryRow> = { sorts: ['requestedAt'], defaultSort: '-requestedAt' };

@ApiTags('Deliveries')
@Controller('deliveries')
export class DeliveryListController {
  constructor(@InjectRepository(DeliveryRow, 'notification') private readonly rows: Repository<DeliveryRow>) {}

  @Get()
  @RequirePermission('deliveries:read')
  @ReadsFrom(deliveryListProjection)
  @ApiOperation({
    summary: 'List deliveries',
    description: 'What customers were told, what is on its way and what was given up.',
  })
  @ApiOkResponse({ type: DeliveryPage })
  async list(@Query() query: DeliveryQuery): Promise<DeliveryPage> {
    const { status, environmentId } = query;
    const { items, ...page } = await pageOf(this.rows, { status, environmentId }, query, order);
    return { items: items.map(deliveryView), ...page };
  }

  @Get(':id')
  @RequirePermission('deliveries:read')
  @ReadsFrom(deliveryListProjection)
  @ApiOperation({
    summary: 'Read one delivery',
    description: 'Its status, its attempts, and whether a crash may have sent it twice.',
  })
  @ApiOkResponse({ type: DeliveryView, headers: { ETag: { schema: { type: 'string' }, description: 'Its revision' } } })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<DeliveryView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw notificationProblem('delivery_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return deliveryView(row);
  }
}
