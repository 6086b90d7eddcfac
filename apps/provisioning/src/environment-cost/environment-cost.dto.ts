import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { PageQuery } from '#libs/http/src/paging.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import type { PricedService } from '#libs/catalogue/src/price.js';

const services = ['running', 'suspended'] as const satisfies readonly PricedService[];

export class CostQuery extends PickType(PageQuery, ['limit', 'cursor', 'total']) {
  @ApiPropertyOptional({ example: '2026-01', description: 'The present month in Japan where it is left out.' })
  @Optional()
  @Matches(/^20\d\d-(0[1-9]|1[0-2])$/, { message: 'month must be like 2026-01' })
  month?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only this contract.' })
  @Optional()
  @Uuid()
  contractId?: string;
}

export class CostLineView {
  @ApiProperty({ format: 'date', description: 'First day.' }) from: string;
  @ApiProperty({ format: 'date', description: 'Last day.' }) to: string;
  @ApiProperty() days: number;
  @ApiProperty({ example: 'enterprise' }) plan: string;
  @ApiProperty({ example: '1TB' }) storageQuota: string;
  @ApiProperty() userLimit: number;
  @ApiProperty({ enum: services }) service: PricedService;
  @ApiProperty({ type: Number, nullable: true, description: 'Of a whole month; null for a plan that has no price.' })
  monthly: number | null;
  @ApiProperty({ description: 'For these days, in whole yen.' }) amount: number;
}

export class CustomerCost {
  @ApiProperty({ format: 'uuid' }) contractId: string;
  @ApiProperty({ format: 'uuid' }) environmentId: string;
  @ApiProperty({ example: 'CUST-2025-001' }) externalId: string;
  @ApiProperty({ example: 'ap-northeast-1' }) region: string;
  @ApiProperty({ description: 'Of the month up to today, in whole yen.' }) amount: number;
  @ApiProperty({ type: [CostLineView] }) lines: readonly CostLineView[];
}

export class CostPage {
  @ApiProperty({ example: '2026-01' }) month: string;
  @ApiProperty({ enum: ['JPY'] }) currency: 'JPY';
  @ApiProperty({ type: [CustomerCost], description: 'By the number of the customer.' })
  items: readonly CustomerCost[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page; null on the last one.' })
  next: string | null;
  @ApiPropertyOptional({ description: 'Of all pages together, when asked for with total=true.' }) totalAmount?: number;
}

export class PriceOfMonth {
  @ApiProperty({ example: 'enterprise' }) plan: string;
  @ApiProperty({ example: 'ap-northeast-1' }) region: string;
  @ApiProperty({ enum: services }) service: PricedService;
  @ApiProperty({ description: 'Environments that serve like this now.' }) environments: number;
  @ApiProperty({ description: 'Of a whole month of them, in whole yen.' }) amount: number;
}
