import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { type DealStage, dealStages } from '#libs/events/src/opportunity.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { CalendarDay, PlainText } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import type { Names } from '../known-people.js';
import type { DealRow } from './deal.entity.js';

export class DealQuery extends PageQuery {
  @ApiPropertyOptional({ enum: dealStages })
  @Optional()
  @IsIn(dealStages)
  stage?: DealStage;

  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  ownerId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ default: false, description: 'true lists deleted deals in place of the others.' })
  @Optional()
  @Flag()
  deleted: boolean = false;
}

export class ForecastQuery {
  @ApiPropertyOptional()
  @Optional()
  @PlainText(128)
  ownerId?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ example: '2026-04-01', format: 'date', description: 'First expected day that counts.' })
  @Optional()
  @CalendarDay()
  closeFrom?: string;

  @ApiPropertyOptional({ example: '2026-06-30', format: 'date', description: 'Last expected day that counts.' })
  @Optional()
  @CalendarDay()
  closeTo?: string;
}

class ForecastSum {
  @ApiProperty({ description: 'Number of deals.' }) deals: number;
  @ApiProperty({ description: 'Whole yen.' }) amount: number;
  @ApiProperty({ description: 'Each amount times its probability, in whole yen, rounded down once.' })
  weightedAmount: number;
}

class StageForecast extends ForecastSum {
  @ApiProperty({ enum: dealStages }) stage: DealStage;
}

export class DealForecast {
  @ApiProperty({ type: [StageForecast], description: 'Every stage but LOST, in their order.' })
  stages: readonly StageForecast[];
  @ApiProperty({ description: 'The stages that are open.' }) open: ForecastSum;
  @ApiProperty({ description: 'Open and won together.' }) total: ForecastSum;
}

const nullableText = { type: String, nullable: true } as const;

export class DealView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty() title: string;
  @ApiProperty(nullableText) description: string | null;
  @ApiProperty({ description: 'Whole yen.' }) amount: number;
  @ApiProperty({ enum: dealStages }) stage: DealStage;
  @ApiProperty({ description: 'In percent.' }) probability: number;
  @ApiProperty({ description: 'Amount times probability in whole yen, rounded down.' }) weightedAmount: number;
  @ApiProperty({ format: 'date' }) expectedCloseDate: string;
  @ApiProperty({ ...nullableText, format: 'uuid' }) customerId: string | null;
  @ApiProperty(nullableText) customerName: string | null;
  @ApiProperty(nullableText) ownerId: string | null;
  @ApiProperty(nullableText) ownerName: string | null;
  @ApiProperty({ ...nullableText, format: 'date-time' }) closedAt: string | null;
  @ApiProperty({ ...nullableText, description: 'What was said when it was won or lost.' }) closeComment: string | null;
  @ApiProperty() deleted: boolean;
  @ApiProperty({ ...nullableText, enum: ['requested', 'customer_deleted'] }) deleteReason: DealRow['deleteReason'];
  @ApiProperty({ format: 'date-time' }) openedAt: string;
  @ApiProperty({ format: 'date-time' }) stageSince: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
}

export class DealPage extends PageOf(DealView) {}

export function dealView(row: Shown<DealRow>, names: Names): DealView {
  const { revision: _r, textsOf: _t, commentOf: _c, amount: text, ...shown } = row;
  const amount = Number(text);
  return {
    ...shown,
    amount,
    weightedAmount: Math.floor((amount * row.probability) / 100),
    customerName: row.customerId === null ? null : (names.get(row.customerId) ?? null),
    ownerName: row.ownerId === null ? null : (names.get(row.ownerId) ?? null),
  };
}
