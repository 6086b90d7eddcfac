import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { lifeCycleChanges } from '#libs/events/src/contract.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { PageOf, pageOf, type PageOrder, PageQuery } from '#libs/http/src/paging.js';
import { HeldChangeRow } from './held-change-list.entity.js';
import { heldChangeListProjection } from './held-change-list.projection.js';

const order: PageOrder<HeldChangeRow> = { sorts: ['heldAt'], defaultSort: '-heldAt' };

class HeldChangeView {
  @ApiProperty({ format: 'uuid', description: 'Id that the contract will have.' }) contractId: string;
  @ApiProperty({ example: 'CUST-2025-001' }) externalId: string;
  @ApiProperty({ enum: lifeCycleChanges }) change: string;
  @ApiProperty({ type: String, nullable: true }) reason: string | null;
  @ApiProperty({ format: 'date-time', description: 'When it happened in the CRM.' }) changedAt: string;
  @ApiProperty({ format: 'date-time', description: 'When it arrived here.' }) heldAt: string;
}

class HeldChangePage extends PageOf(HeldChangeView) {}

@ApiTags('Contract intake')
@Controller('contract-intake')
export class HeldChangeListController {
  constructor(@InjectRepository(HeldChangeRow, 'contract') private readonly rows: Repository<HeldChangeRow>) {}

  @Get('held')
  @ReadsFrom(heldChangeListProjection)
  @RequirePermission('contracts:read')
  @ApiOperation({
    summary: 'List changes that wait for a registration',
    description:
      'A CRM reported them of customers whom it has not registered. Each is carried out with the registration; one that ' +
      'stays here for long says that the registration did not arrive.',
  })
  @ApiOkResponse({ type: HeldChangePage })
  async list(@Query() query: PageQuery): Promise<HeldChangePage> {
    return pageOf(this.rows, {}, query, order);
  }
}
