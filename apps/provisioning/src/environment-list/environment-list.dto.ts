import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import {
  environmentSteps,
  type EnvironmentStep,
  failureClasses,
  type FailureClass,
} from '#libs/events/src/provisioning.js';
import {
  environmentModes,
  type EnvironmentMode,
  environmentStatuses,
  type EnvironmentStatus,
} from '../domain/environment.js';
import type { EnvironmentRow } from './environment-list.entity.js';

export class EnvironmentQuery extends PageQuery {
  @ApiPropertyOptional({ enum: environmentStatuses })
  @Optional()
  @IsIn(environmentStatuses)
  status?: EnvironmentStatus;

  @ApiPropertyOptional({ enum: failureClasses, description: 'Only those in which something of this class is wrong.' })
  @Optional()
  @IsIn(failureClasses)
  class?: FailureClass;

  @ApiPropertyOptional({ example: 'ap-northeast-1' })
  @Optional()
  @IsString()
  @MaxLength(63)
  region?: string;

  @ApiPropertyOptional({ example: 'enterprise' })
  @Optional()
  @IsString()
  @MaxLength(63)
  plan?: string;

  @ApiPropertyOptional({ example: 'tokyo-2', description: 'Only those that stand on this cluster.' })
  @Optional()
  @IsString()
  @MaxLength(63)
  cluster?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  contractId?: string;
}

class EnvironmentStepView {
  @ApiProperty({ enum: environmentSteps }) name: EnvironmentStep;
  @ApiProperty({ format: 'date-time' }) startedAt: string;
  @ApiProperty({ description: 'How often the step was begun since the request or the last retry.' }) tries: number;
  @ApiPropertyOptional({ description: 'Milliseconds from its first try to its end; absent while it runs.' })
  ms?: number;
}

class AttentionView {
  @ApiProperty({ enum: environmentSteps }) step: EnvironmentStep;
  @ApiProperty({ enum: failureClasses }) class: FailureClass;
  @ApiPropertyOptional({ example: 'Deployment web in env-cust-2025-001-1f2e3d4c' }) object?: string;
  @ApiProperty({ description: 'What is wrong, in plain words.' }) reason: string;
  @ApiProperty() whatToDo: string;
  @ApiPropertyOptional({ type: [String], description: 'What was done by itself before.' }) tried?: readonly string[];
}

class ObjectNameView {
  @ApiProperty({ example: 'Deployment' }) kind: string;
  @ApiProperty({ example: 'web' }) name: string;
  @ApiPropertyOptional({ example: 'env-cust-2025-001-1f2e3d4c' }) namespace?: string;
}

class ObjectChangesView {
  @ApiProperty({ type: [ObjectNameView] }) create: readonly ObjectNameView[];
  @ApiProperty({ type: [ObjectNameView] }) change: readonly ObjectNameView[];
  @ApiProperty({ type: [ObjectNameView] }) delete: readonly ObjectNameView[];
}

class CostChangeView {
  @ApiProperty({ example: 'JPY' }) currency: string;
  @ApiProperty({ description: 'By how much a month gets dearer.' }) amount: number;
}

class EnvironmentApprovalView {
  @ApiProperty({ type: ObjectChangesView }) changes: ObjectChangesView;
  @ApiPropertyOptional({ type: CostChangeView }) costChange?: CostChangeView;
  @ApiProperty({ type: [String], description: 'Why somebody is asked.' }) why: readonly string[];
}

export class EnvironmentView {
  @ApiProperty({ format: 'uuid' }) readonly id: string;
  @ApiProperty({ format: 'uuid' }) readonly contractId: string;
  @ApiProperty({ example: 'CUST-2025-001' }) readonly externalId: string;
  @ApiProperty() readonly companyName: string;
  @ApiProperty({ enum: environmentStatuses }) readonly status: EnvironmentStatus;
  @ApiProperty({ enum: environmentSteps, nullable: true, description: 'Begun last; null where none is due.' })
  readonly step: EnvironmentStep | null;
  @ApiProperty({ format: 'date-time', description: 'Since when it has had this status and step.' })
  readonly since: string;
  @ApiProperty({ enum: environmentModes, description: 'What it is to be.' }) readonly mode: EnvironmentMode;
  @ApiProperty({ type: String, nullable: true, description: 'Where it stands; null before its first plan.' })
  readonly clusterId: string | null;
  @ApiProperty() readonly plan: string;
  @ApiProperty() readonly region: string;
  @ApiProperty({ example: '1TB' }) readonly storageQuota: string;
  @ApiProperty() readonly userLimit: number;
  @ApiProperty({ example: 'https://abc-corporation.your-service.com' }) readonly url: string;
  @ApiProperty({ example: 'env-cust-2025-001-1f2e3d4c' }) readonly namespace: string;
  @ApiProperty({ description: 'Sign-in name of the initial administrator.' }) readonly administrator: string;
  @ApiProperty({ type: [EnvironmentStepView] }) readonly steps: readonly EnvironmentStepView[];
  @ApiProperty() readonly objectsPlanned: number;
  @ApiProperty() readonly objectsApplied: number;
  @ApiProperty({ type: AttentionView, nullable: true }) readonly attention: AttentionView | null;
  @ApiProperty({
    type: EnvironmentApprovalView,
    nullable: true,
    description: 'What waits for approval; null when nothing does.',
  })
  readonly approval: EnvironmentApprovalView | null;
  @ApiProperty({ enum: failureClasses, nullable: true, description: 'What is wrong just now; null when nothing is.' })
  readonly failureClass: FailureClass | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the failed step is tried again, or it is looked again whether there is room.',
  })
  readonly nextTryAt: string | null;
  @ApiProperty({ format: 'date-time' }) readonly requestedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) readonly readyAt: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the data of a terminated environment is deleted, or was.',
  })
  readonly deleteAt: string | null;
  @ApiProperty({ description: 'The same number stands in ETag.' }) readonly revision: number;
}

export class EnvironmentPage extends PageOf(EnvironmentView) {}

export function environmentView({ environmentId, ...row }: Shown<EnvironmentRow>): EnvironmentView {
  return { id: environmentId, ...row };
}
