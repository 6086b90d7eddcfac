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
import { type Filter, rowOf } from '#libs/http/src/shown-rows.js';
import { customerProblem } from '../customer.problems.js';
import {
  CustomerPage,
  CustomerQuery,
  CustomerView,
  customerView,
  SalesCustomersQuery,
  SalesParams,
} from './customer-list.dto.js';
import { CustomerRow } from './customer-list.entity.js';
import { customerListProjection } from './customer-list.projection.js';

const order: PageOrder<CustomerRow> = {
  sorts: ['createdAt', 'updatedAt', 'name', 'reading'],
  defaultSort: '-createdAt',
};

@ApiTags('Customers')
@Controller('customers')
export class CustomerListController {
  constructor(@InjectRepository(CustomerRow, 'customer') private readonly rows: Repository<CustomerRow>) {}

  @Get()
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'List customers',
    description:
      `Active ones unless another status is asked for. Sorts: ${order.sorts.join(', ')}; "reading" is the kana of the ` +
      'name, else the name. Newest first unless asked otherwise.',
  })
  @ApiOkResponse({ type: CustomerPage })
  async list(@Query() query: CustomerQuery): Promise<CustomerPage> {
    const { status, investmentProfile, riskTolerance, assignedSalesId, assigned, mergedInto } = query;
    return this.page({ status, investmentProfile, riskTolerance, assignedSalesId, assigned, mergedInto }, query);
  }

  @Get('by-sales/:salesId')
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'List the customers of a sales person',
    description: 'Active ones unless another status is asked for. Empty for a user whom nobody has assigned.',
  })
  @ApiOkResponse({ type: CustomerPage })
  async bySales(@Param() { salesId }: SalesParams, @Query() query: SalesCustomersQuery): Promise<CustomerPage> {
    const { status, investmentProfile, riskTolerance } = query;
    return this.page({ status, investmentProfile, riskTolerance, assignedSalesId: salesId }, query);
  }

  @Get(':id')
  @ReadsFrom(customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'Read one customer',
    description: 'Deleted and merged ones too; "status" says so. ETag is the revision; send it back as If-Match.',
  })
  @ApiOkResponse({ type: CustomerView })
  async one(@Param() { id }: IdParams, @Res({ passthrough: true }) reply: FastifyReply): Promise<CustomerView> {
    const row = await rowOf(this.rows, id);
    if (!row) throw customerProblem('customer_not_found');
    void reply.header('ETag', etagOf(row.revision));
    return customerView(row);
  }

  private async page(filter: Filter<CustomerRow>, query: SalesCustomersQuery): Promise<CustomerPage> {
    const { items, ...page } = await pageOf(this.rows, filter, query, order);
    return { items: items.map(customerView), ...page };
  }
}
