import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import { type DealStage, dealStages, type OpenStage, openStages } from '#libs/events/src/opportunity.js';
import { CalendarDay, LongText, PlainText } from '#libs/http/src/text-rules.js';
import { Nullable, Optional, Uuid } from '#libs/http/src/validation.js';
import { maxAmount } from '../approvals/approvals.dto.js';

class DealContentDto {
  @ApiProperty({ maxLength: 200, example: '年間契約の更新' })
  @PlainText(200)
  title: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4000 })
  @Nullable()
  @LongText(4000)
  description?: string | null;

  @ApiProperty({ minimum: 0, maximum: maxAmount, description: 'Whole yen.' })
  @IsInt()
  @Min(0)
  @Max(maxAmount)
  amount: number;

  @ApiProperty({ example: '2026-03-31', format: 'date' })
  @CalendarDay()
  expectedCloseDate: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'User who looks after it; the caller where it is left out.' })
  @Optional()
  @Uuid()
  ownerId?: string;
}

export class OpenDealDto extends DealContentDto {
  @ApiPropertyOptional({ enum: openStages, default: 'LEAD' })
  @Optional()
  @IsIn(openStages)
  stage: OpenStage = 'LEAD';

  @ApiPropertyOptional({ minimum: 0, maximum: 100, description: 'In percent; the usual one of the stage if left out.' })
  @Optional()
  @IsInt()
  @Min(0)
  @Max(100)
  probability?: number;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @Nullable()
  @Uuid()
  customerId?: string | null;
}

export class UpdateDealDto extends DealContentDto {
  @ApiProperty({ minimum: 0, maximum: 100, description: 'In percent.' })
  @IsInt()
  @Min(0)
  @Max(100)
  probability: number;
}

export class DealStageDto {
  @ApiProperty({ enum: dealStages, description: 'WON and LOST end it; an open stage takes it up again.' })
  @IsIn(dealStages)
  stage: DealStage;

  @ApiPropertyOptional({ minimum: 0, maximum: 100, description: 'In percent; the usual one of the stage if left out.' })
  @Optional()
  @IsInt()
  @Min(0)
  @Max(100)
  probability?: number;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 2000, description: 'Why it was won or lost.' })
  @Nullable()
  @LongText(2000)
  comment?: string | null;
}
