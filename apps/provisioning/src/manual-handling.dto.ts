import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { StorageQuantity } from '#libs/catalogue/src/storage-quantity.js';
import { type EnvironmentStep, environmentSteps } from '#libs/events/src/provisioning.js';
import { PlainText } from '#libs/http/src/text-rules.js';
import { Optional } from '#libs/http/src/validation.js';

export class RetryEnvironmentDto {
  @ApiPropertyOptional({
    enum: environmentSteps,
    description: 'The step to begin with, up to the one that failed; the plan when left out.',
  })
  @Optional()
  @IsIn(environmentSteps)
  from?: EnvironmentStep;

  @ApiPropertyOptional({ description: 'What was mended, for the timeline.', maxLength: 500 })
  @Optional()
  @PlainText(500)
  note?: string;
}

export class ResolveEnvironmentDto {
  @ApiProperty({ description: 'What was done by hand, for the timeline.', maxLength: 500 })
  @PlainText(500)
  note: string;
}

export class ApproveChangeDto {
  @ApiPropertyOptional({ description: 'Why, for the timeline.', maxLength: 500 })
  @Optional()
  @PlainText(500)
  note?: string;
}

export class RejectChangeDto {
  @ApiProperty({ description: 'Why, for the timeline.', maxLength: 500 })
  @PlainText(500)
  note: string;
}

export class CancelEnvironmentDto {
  @ApiProperty({ description: 'Why, for the timeline and the certificate.', maxLength: 500 })
  @PlainText(500)
  note: string;
}

export class CorrectEnvironmentDto {
  @ApiPropertyOptional({ example: 'enterprise', description: 'One of GET /api/plans.' })
  @Optional()
  @IsString()
  @Length(1, 63)
  plan?: string;

  @ApiPropertyOptional({ example: 'ap-northeast-1', description: 'One of GET /api/regions.' })
  @Optional()
  @IsString()
  @Length(1, 63)
  region?: string;

  @ApiPropertyOptional({ example: '1TB' })
  @Optional()
  @StorageQuantity()
  storageQuota?: string;

  @ApiPropertyOptional({ example: 100 })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  userLimit?: number;

  @ApiPropertyOptional({
    example: 'registry.example/keiyaku/chat-files:2.3.7',
    description: "One of the plan's images.",
  })
  @Optional()
  @IsString()
  @Length(1, 255)
  image?: string;

  @ApiPropertyOptional({ description: 'Why, for the timeline.', maxLength: 500 })
  @Optional()
  @PlainText(500)
  note?: string;
}
