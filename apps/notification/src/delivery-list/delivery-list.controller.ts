import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { etagOf } from '#libs/http/src/etag.js';
import { pageOf } from '#libs/http/src/paging.js';
import { notificationProblem } from '../notification.problems.js';
import { DeliveryId, DeliveryPage, DeliveryQuery, DeliveryView } from './delivery-list.dto.js';
import { DeliveryRow } from './delivery-list.entity.js';
import { deliveryListProjection } from './delivery-list.projection.js';

@ApiTags('deliveries')
@RequirePermission('deliveries:read')
@Controller('deliveries')
export class DeliveryListController {
  constructor(@InjectRepository(DeliveryRow, 'notification') private readonly deliveries: Repository<DeliveryRow>) {}

  @Get()
  @ReadsFrom(deliveryListProjection)
  @ApiOperation({
    summary: 'List deliveries',
    description: 'What customers were told, what is on its way and what was given up.',
  })
  @ApiOkResponse({ type: DeliveryPage })
  async list(@Query() { status, environmentId, ...page }: DeliveryQuery): Promise<DeliveryPage> {
    const query = this.deliveries.createQueryBuilder('delivery');
    if (status !== undefined) query.andWhere('delivery.status = :status', { status });
    if (environmentId !== undefined) query.andWhere('delivery.environmentId = :environmentId', { environmentId });
    const found = await pageOf(query, page, {
      sorts: { requestedAt: 'delivery.requestedAt' },
      defaultSort: '-requestedAt',
      id: 'delivery.deliveryId',
    });
    return { ...found, items: found.items.map((row) => new DeliveryView(row)) };
  }

  @Get(':id')
  @ReadsFrom(deliveryListProjection)
  @ApiOperation({
    summary: 'Read one delivery',
    description: 'Its status, its attempts, and whether a crash may have sent it twice.',
  })
  @ApiOkResponse({ type: DeliveryView, headers: { ETag: { schema: { type: 'string' }, description: 'Its revision' } } })
  async one(@Param() { id }: DeliveryId, @Res({ passthrough: true }) reply: FastifyReply): Promise<DeliveryView> {
    const row = await this.deliveries.findOneBy({ deliveryId: id });
    if (!row) throw notificationProblem('delivery_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return new DeliveryView(row);
  }
}
