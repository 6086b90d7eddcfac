import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags, PickType } from '@nestjs/swagger';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { PageQuery } from '#libs/http/src/paging.js';
import { PlainText } from '#libs/http/src/text-rules.js';
import { CustomerPage, customerView } from '../customer-list/customer-list.dto.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';
import { customerSearchProjection } from './customer-search.projection.js';
import { CustomerSearch } from './customer-search.query.js';

class SearchQuery extends PickType(PageQuery, ['limit', 'cursor']) {
  @ApiProperty({ example: 'さとう', maxLength: 100, description: 'Words; each must stand in the customer.' })
  @PlainText(100)
  q: string;
}

@ApiTags('Customers')
@Controller('customers')
export class CustomerSearchController {
  constructor(private readonly search: CustomerSearch) {}

  @Get('search')
  @ReadsFrom(customerSearchProjection, customerListProjection)
  @RequirePermission('customers:read')
  @ApiOperation({
    summary: 'Search customers',
    description:
      'Active ones by name, reading, mail address and phone number, however they are written: width, capitals, ' +
      'hiragana or katakana, spaces and hyphens make no difference. What is the text comes first, then what begins ' +
      'with it, each in the order of its text; then what contains it, a thousand at most: use more words when there ' +
      'are more. One character, or two Latin letters, are looked for at the beginning only.',
  })
  @ApiOkResponse({ type: CustomerPage })
  async find(@Query() { q, limit, cursor }: SearchQuery): Promise<CustomerPage> {
    const { items, next } = await this.search.find({ text: q, limit, cursor });
    return { items: items.map(customerView), next };
  }
}
