import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { CorrectEnvironmentDto } from '../manual-handling.dto.js';

/** What is left out is as it is. */
export class PreviewPlanDto extends PickType(CorrectEnvironmentDto, ['plan', 'region', 'storageQuota', 'userLimit']) {}

export class ObjectNameView {
  @ApiProperty({ example: 'Deployment' })
  kind: string;

  @ApiProperty({ example: 'web' })
  name: string;

  @ApiPropertyOptional({ example: 'env-cust-2025-001-1f2e3d4c', description: 'Absent for the Namespace itself.' })
  namespace?: string;
}

export class ObjectFieldChangeView {
  @ApiProperty({ example: 'spec.template.spec.containers[web].resources.limits.cpu' })
  field: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'Any JSON; absent where none stands.',
  })
  from?: unknown;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Any JSON; absent where it goes.' })
  to?: unknown;
}

export class ObjectChangeView extends ObjectNameView {
  @ApiProperty({ type: [ObjectFieldChangeView], description: 'Values of secrets are "(hidden)".' })
  fields: ObjectFieldChangeView[];
}

export class CostChangeView {
  @ApiProperty({ example: 'JPY' })
  currency: string;

  @ApiProperty({ example: 30_000, description: 'Of a month, with the terms as they stand.' })
  before: number;

  @ApiProperty({ example: 48_000, description: 'Of a month, with the terms that were asked for.' })
  after: number;
}

export class RefusedChangeView {
  @ApiPropertyOptional({ example: 'PersistentVolumeClaim files in env-cust-2025-001-1f2e3d4c' })
  object?: string;

  @ApiProperty({ example: "A volume can't shrink from 1TB to 500GB" })
  reason: string;

  @ApiProperty({ description: 'The way out.' })
  whatToDo: string;
}

export class PlanPreviewView {
  @ApiProperty({ type: [ObjectNameView] })
  create: ObjectNameView[];

  @ApiProperty({ type: [ObjectChangeView] })
  change: ObjectChangeView[];

  @ApiProperty({ type: [ObjectNameView] })
  delete: ObjectNameView[];

  @ApiPropertyOptional({ type: CostChangeView, description: 'Absent where the price book knows no price.' })
  costChange?: CostChangeView;

  @ApiPropertyOptional({ type: [RefusedChangeView], description: "What can't be done in place; absent when all can." })
  refused?: RefusedChangeView[];
}
