import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { type ApprovalStep, stepRules } from '#libs/events/src/opportunity.js';
import { checked, LongText, PlainText } from '#libs/http/src/text-rules.js';
import { Nullable, Optional, Uuid } from '#libs/http/src/validation.js';

const maxSteps = 10;
const maxApprovers = 20;
const longestHours = 8760;
/** What every total of many of them still holds exactly. */
export const maxAmount = 1_000_000_000_000;

export class StepDto implements ApprovalStep {
  @ApiProperty({ enum: stepRules, description: 'all_of: every approver has to approve. any_of: one is enough.' })
  @IsIn(stepRules)
  rule: (typeof stepRules)[number];

  @ApiProperty({ type: [String], minItems: 1, maxItems: maxApprovers, description: 'User ids.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(maxApprovers)
  @ArrayUnique()
  @IsUUID('all', { each: true })
  approvers: string[];
}

/** What can be changed of a request until somebody has decided. */
export class UpdateApprovalDto {
  @ApiProperty({ maxLength: 200, example: '特別値引き 15%' })
  @PlainText(200)
  title: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 4000 })
  @Nullable()
  @LongText(4000)
  description?: string | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, maximum: maxAmount, description: 'Whole yen.' })
  @Nullable()
  @IsInt()
  @Min(0)
  @Max(maxAmount)
  amount?: number | null;

  @ApiProperty({ type: [StepDto], minItems: 1, maxItems: maxSteps, description: 'One after the other.' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(maxSteps)
  @ValidateNested({ each: true })
  @Type(() => StepDto)
  steps: StepDto[];

  @ApiPropertyOptional({ minimum: 1, maximum: longestHours, description: 'The usual time where it is left out.' })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(longestHours)
  remindAfterHours?: number;

  @ApiPropertyOptional({ minimum: 1, maximum: longestHours, description: 'The usual time where it is left out.' })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(longestHours)
  escalateAfterHours?: number;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'User who may settle a step that waited too long; a manager where it is left out.',
  })
  @Nullable()
  @Uuid()
  escalateTo?: string | null;
}

export class RequestApprovalDto extends UpdateApprovalDto {
  @ApiProperty({ example: 'deal', description: 'What the request is about: lower-case letters, digits, "-" and "_".' })
  @checked(
    'subjectType',
    'a word like deal or expense, of at most 40 lower-case letters, digits, "-" and "_"',
    (text) => /^[a-z][a-z0-9_-]{0,39}$/.test(text),
  )
  subjectType: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 128, description: 'Id of that.' })
  @Nullable()
  @PlainText(128)
  subjectId?: string | null;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @Nullable()
  @Uuid()
  customerId?: string | null;
}

export class CommentDto {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 2000, description: 'Why; it is kept with it.' })
  @Nullable()
  @LongText(2000)
  comment?: string | null;
}

export class DecisionDto extends CommentDto {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'Approver in whose place you decide, where you stand in for more than one.',
  })
  @Optional()
  @Uuid()
  onBehalfOf?: string;
}
