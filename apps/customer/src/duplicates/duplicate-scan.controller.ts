import { Controller, Get, Query } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
  OmitType,
  PickType,
} from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { RequirePermission } from '#libs/auth/src/access.js';
import { ReadsFrom } from '#libs/http/src/await-position.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import { Optional } from '#libs/http/src/validation.js';
import { customerListProjection } from '../customer-list/customer-list.projection.js';
import { customerSearchProjection } from '../customer-search/customer-search.projection.js';
import { type DuplicateGroup, DuplicateScan } from './duplicate-scan.js';
import { type Likeness, likenesses } from './likeness.js';

const mostGroups = 50;

class DuplicateScanQuery extends PickType(PageQuery, ['cursor']) {
  @ApiPropertyOptional({ enum: likenesses, default: 'email', description: 'What customers have in common.' })
  @Optional()
  @IsIn(likenesses)
  same: Likeness = 'email';

  @ApiPropertyOptional({ minimum: 1, maximum: mostGroups, default: 20 })
  @Optional()
  @Type(() => Number)
  @IsInt({ message: `limit must be a whole number from 1 to ${mostGroups}` })
  @Min(1, { message: 'limit must be at least 1' })
  @Max(mostGroups, { message: `limit is at most ${mostGroups}; follow "next" for more` })
  limit: number = 20;
}

class DuplicateView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty() name: string;
  @ApiProperty({ type: String, nullable: true }) email: string | null;
  @ApiProperty({ type: String, nullable: true }) phone: string | null;
  @ApiProperty({ type: String, nullable: true }) birthDate: string | null;
  @ApiProperty({ type: String, nullable: true }) postalCode: string | null;
  @ApiProperty({ type: String, nullable: true }) assignedSalesId: string | null;
  @ApiProperty({ type: String, format: 'date-time' }) createdAt: Date;
}

class DuplicateGroupView {
  @ApiProperty({ description: 'How many are alike; ten of them are shown at most.' }) count: number;
  @ApiProperty({ type: [DuplicateView], description: 'Oldest first.' }) customers: readonly DuplicateView[];
}

class DuplicateGroupPage extends OmitType(PageOf(DuplicateGroupView), ['total']) {}

@ApiTags('Customers')
@Controller('customers')
export class DuplicateScanController {
  constructor(private readonly scan: DuplicateScan) {}

  @Get('duplicates')
  @ReadsFrom(customerSearchProjection, customerListProjection)
  @RequirePermission('customers:merge')
  @ApiOperation({
    summary: 'Find customers who look alike',
    description:
      'Among all active customers, however they came to be alike: groups with the same mail address, phone number, or ' +
      'name with the same day of birth or postal code. POST /api/customers/{id}/merge makes one of two. Whom somebody ' +
      'has written down with ?duplicates=allow is told apart from those they looked like, so a page may hold fewer ' +
      'groups than its limit.',
  })
  @ApiOkResponse({ type: DuplicateGroupPage })
  async find(@Query() { same, ...page }: DuplicateScanQuery): Promise<DuplicateGroupPage> {
    const { items, next } = await this.scan.find(same, page);
    return { items: items.map(groupView), next };
  }
}

function groupView({ count, customers }: DuplicateGroup): DuplicateGroupView {
  return {
    count,
    customers: customers.map(({ id, name, email, phone, birthDate, postalCode, assignedSalesId, createdAt }) => ({
      id,
      name,
      email,
      phone,
      birthDate,
      postalCode,
      assignedSalesId,
      createdAt,
    })),
  };
}
