import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import {
  type InvestmentProfile,
  investmentProfiles,
  type RiskTolerance,
  riskTolerances,
} from '#libs/events/src/customer.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Filter, Shown } from '#libs/http/src/shown-rows.js';
import { Instant } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import type { CustomerStatus } from '../domain/customer.js';
import type { CustomerRow } from './customer-list.entity.js';

const statuses = ['active', 'deleted', 'merged'] as const satisfies CustomerStatus[];

export class SalesParams {
  @ApiProperty({ format: 'uuid', description: 'Id of the user who looks after the customers.' })
  @Uuid()
  salesId: string;
}

export class SalesCustomersQuery extends PageQuery {
  @ApiPropertyOptional({ enum: statuses, default: 'active' })
  @Optional()
  @IsIn(statuses)
  status: (typeof statuses)[number] = 'active';

  @ApiPropertyOptional({ enum: investmentProfiles })
  @Optional()
  @IsIn(investmentProfiles)
  investmentProfile?: InvestmentProfile;

  @ApiPropertyOptional({ enum: riskTolerances })
  @Optional()
  @IsIn(riskTolerances)
  riskTolerance?: RiskTolerance;
}

export class CustomerQuery extends SalesCustomersQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'User who looks after them.' })
  @Optional()
  @Uuid()
  assignedSalesId?: string;

  @ApiPropertyOptional({ description: 'false: only those that nobody looks after.' })
  @Optional()
  @Flag()
  assigned?: boolean;

  @ApiPropertyOptional({ format: 'uuid', description: 'With status=merged: those that became part of this customer.' })
  @Optional()
  @Uuid()
  mergedInto?: string;
}

export class AsOfQuery {
  @ApiPropertyOptional({ format: 'date-time', description: 'Shows the record as it was at this instant.' })
  @Optional()
  @Instant()
  asOf?: string;
}

export class CustomerView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: statuses }) status: string;
  @ApiProperty({ example: '佐藤 花子' }) name: string;
  @ApiProperty({ type: String, nullable: true, example: 'サトウ ハナコ' }) nameKana: string | null;
  @ApiProperty({ type: String, nullable: true }) email: string | null;
  @ApiProperty({ type: String, nullable: true }) phone: string | null;
  @ApiProperty({ type: String, nullable: true }) postalCode: string | null;
  @ApiProperty({ type: String, nullable: true }) address: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date' }) birthDate: string | null;
  @ApiProperty({ type: String, nullable: true }) note: string | null;
  @ApiProperty({ enum: investmentProfiles, nullable: true }) investmentProfile: string | null;
  @ApiProperty({ enum: riskTolerances, nullable: true }) riskTolerance: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'User who looks after the customer; null for nobody.' })
  assignedSalesId: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Customer that this one became part of.' })
  mergedInto: string | null;

  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) deletedAt: string | null;
  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class CustomerPage extends PageOf(CustomerView) {}

export function customerView({ reading: _reading, assigned: _assigned, ...row }: Shown<CustomerRow>): CustomerView {
  return row;
}

export function customerFilter(query: Omit<CustomerQuery, keyof PageQuery>): Filter<CustomerRow> {
  const { status, investmentProfile, riskTolerance, assignedSalesId, assigned, mergedInto } = query;
  return { status, investmentProfile, riskTolerance, assignedSalesId, assigned, mergedInto };
}
