import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RequirePermission } from '#libs/auth/src/access.js';
import { pageOf, type PageOrder } from '#libs/http/src/paging.js';
import { IntakeTables } from '../intake/intake-tables.js';
import { IntakeRejectionRow } from './intake-rejection.entity.js';
import { IntakeList, IntakeRejectionPage, IntakeRejectionQuery } from './intake-rejections.dto.js';

const order: PageOrder<IntakeRejectionRow> = { sorts: ['rejectedAt'], defaultSort: '-rejectedAt' };

@ApiTags('Contract intake')
@Controller('contract-intake')
export class IntakeRejectionsController {
  constructor(
    @InjectRepository(IntakeRejectionRow, 'contract') private readonly rows: Repository<IntakeRejectionRow>,
    private readonly tables: IntakeTables,
  ) {}

  @Get()
  @RequirePermission('contracts:read')
  @ApiOperation({
    summary: 'List where contracts are fetched',
    description: 'The contract database and the inbox stream, where they are set: how far they are and what is wrong.',
  })
  @ApiOkResponse({ type: IntakeList })
  async intakes(): Promise<IntakeList> {
    return { items: [...(await this.tables.intakes())] };
  }

  @Get('rejections')
  @RequirePermission('contracts:read')
  @ApiOperation({
    summary: 'List rows and events that were not taken',
    description:
      'With what is wrong. A row goes from the list when it is taken after a correction, an event when it is taken ' +
      'after a start with another catalogue.',
  })
  @ApiOkResponse({ type: IntakeRejectionPage })
  async rejections(@Query() query: IntakeRejectionQuery): Promise<IntakeRejectionPage> {
    const { items, ...page } = await pageOf(this.rows, { intake: query.intake }, query, order);
    return { items: items.map((row) => ({ ...row, errors: [...row.errors] })), ...page };
  }
}
