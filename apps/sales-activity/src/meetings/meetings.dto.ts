import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { Instant, LongText, PlainText } from '#libs/http/src/text-rules.js';
import { Nullable, Optional, Uuid } from '#libs/http/src/validation.js';

const aDay = 1440;

export class CreateMeetingDto {
  @ApiProperty({ format: 'uuid' })
  @Uuid()
  customerId: string;

  @ApiProperty({ example: '2024-10-10T10:00:00Z', format: 'date-time' })
  @Instant()
  date: string;

  @ApiProperty({ example: '商談実施', maxLength: 4000, description: 'What was said, or is to be. Several lines.' })
  @LongText(4000)
  summary: string;

  @ApiPropertyOptional({ maxLength: 64, description: 'Whose meeting it is; the caller’s where it is left out.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 200, example: '大阪本店' })
  @Nullable()
  @PlainText(200)
  location?: string | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 1, maximum: aDay, example: 60 })
  @Nullable()
  @IsInt()
  @Min(1)
  @Max(aDay)
  durationMinutes?: number | null;
}

/** What is left out stays. */
export class ChangeMeetingDto {
  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ example: '2024-10-10T10:00:00Z', format: 'date-time' })
  @Optional()
  @Instant()
  date?: string;

  @ApiPropertyOptional({ maxLength: 4000 })
  @Optional()
  @LongText(4000)
  summary?: string;

  @ApiPropertyOptional({ maxLength: 64, description: 'Whose meeting it is from now on.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 200 })
  @Nullable()
  @PlainText(200)
  location?: string | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 1, maximum: aDay })
  @Nullable()
  @IsInt()
  @Min(1)
  @Max(aDay)
  durationMinutes?: number | null;
}
