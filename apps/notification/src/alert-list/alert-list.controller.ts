import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { OperatorAlertPage, OperatorAlertQuery, operatorAlertView } from './alert-list.dto.js';
import { OperatorAlertRow } from './alert-list.entity.js';
import { operatorAlertListProjection } from './alert-list.projection.js';

const order: PageOrder<OperatorAlertRow> = { sorts: ['requestedAt'], defaultSort: '-requestedAt' };

@ApiTags('Deliveries')
@Controller('operator-alerts')
export class OperatorAlertListController {
  constructor(
    @InjectRepository(OperatorAlertRow, 'notification') private readonly rows: Repository<OperatorAlertRow>,
  ) {}

  @Get()
  @RequirePermission('deliveries:read')
  @ReadsFrom(operatorAlertListProjection)
  @ApiOperation({
    summary: 'List alerts to the operators',
    description: 'What operators were told by mail and in Slack, what is on its way and what was given up.',
  })
  @ApiOkResponse({ type: OperatorAlertPage })
  async list(@Query() query: OperatorAlertQuery): Promise<OperatorAlertPage> {
    const { status, cause, channel, environmentId } = query;
    const { items, ...page } = await pageOf(this.rows, { status, cause, channel, environmentId }, query, order);
    return { items: items.map(operatorAlertView), ...page };
  }
}
