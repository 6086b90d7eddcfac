import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { type EnvironmentStep, environmentSteps } from '#libs/events/src/provisioning.js';

export class RetryEnvironmentDto {
  @ApiPropertyOptional({
    enum: environmentSteps,
    description: 'The step to begin with, up to the one that failed; the plan when left out.',
  })
  @IsOptional()
  @IsIn(environmentSteps)
  from?: EnvironmentStep;

  @ApiPropertyOptional({ description: 'What was mended, for the timeline.', maxLength: 500 })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  note?: string;
}

export class ResolveEnvironmentDto {
  @ApiProperty({ description: 'What was done by hand, for the timeline.', maxLength: 500 })
  @IsString()
  @Length(1, 500)
  note: string;
}

export class CorrectEnvironmentDto {
  @ApiPropertyOptional({ example: 'enterprise', description: 'One of GET /api/plans.' })
  @IsOptional()
  @IsString()
  @Length(1, 63)
  plan?: string;

  @ApiPropertyOptional({ example: 'ap-northeast-1', description: 'One of GET /api/regions.' })
  @IsOptional()
  @IsString()
  @Length(1, 63)
  region?: string;

  @ApiPropertyOptional({ example: '1TB' })
  @IsOptional()
  @Matches(/^[1-9]\d{0,5}(MB|GB|TB|PB)$/, { message: 'storageQuota must be like "500GB" or "1TB"' })
  storageQuota?: string;

  @ApiPropertyOptional({ example: 100 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  userLimit?: number;

  @ApiPropertyOptional({
    example: 'registry.example/keiyaku/chat-files:2.3.7',
    description: "One of the plan's images.",
  })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  image?: string;

  @ApiPropertyOptional({ description: 'Why, for the timeline.', maxLength: 500 })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  note?: string;
}
