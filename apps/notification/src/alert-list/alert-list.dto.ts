import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { alertCauses, type AlertChannel, alertChannels, type OperatorAlert } from '#libs/events/src/notification.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import { AttemptView } from '../delivery-list/delivery-list.dto.js';
import { deliveryStatuses, type DeliveryStatus } from '../delivery-list/delivery-progress.js';
import type { OperatorAlertRow } from './alert-list.entity.js';

export class OperatorAlertQuery extends PageQuery {
  @ApiPropertyOptional({ enum: deliveryStatuses })
  @Optional()
  @IsIn(deliveryStatuses, { message: `status must be one of: ${deliveryStatuses.join(', ')}` })
  status?: DeliveryStatus;

  @ApiPropertyOptional({ enum: alertCauses })
  @Optional()
  @IsIn(alertCauses, { message: `cause must be one of: ${alertCauses.join(', ')}` })
  cause?: OperatorAlert['cause'];

  @ApiPropertyOptional({ enum: alertChannels })
  @Optional()
  @IsIn(alertChannels, { message: `channel must be one of: ${alertChannels.join(', ')}` })
  channel?: AlertChannel;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only alerts about this environment.' })
  @Optional()
  @Uuid()
  environmentId?: string;
}

class AlertedEnvironment {
  @ApiProperty({ format: 'uuid' }) environmentId: string;
  @ApiProperty({ example: 'CUST-2025-001' }) externalId: string;
  @ApiProperty({ example: 'enterprise' }) plan: string;
  @ApiProperty({ example: 'ap-northeast-1' }) region: string;
}

class OperatorAlertContent {
  @ApiProperty({ enum: alertCauses }) cause: OperatorAlert['cause'];
  @ApiProperty({ example: 'The environment of CUST-2025-001 needs attention' }) title: string;
  @ApiPropertyOptional({ type: AlertedEnvironment }) environment?: AlertedEnvironment;
  @ApiPropertyOptional({ example: 'wait' }) step?: string;
  @ApiPropertyOptional({ example: 'Deployment web in env-cust-2025-001-1f2e3d4c' }) object?: string;
  @ApiProperty() reason: string;
  @ApiProperty() whatToDo: string;
  @ApiProperty({ format: 'date-time' }) happenedAt: string;
}

export class OperatorAlertView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: alertChannels }) channel: AlertChannel;
  @ApiProperty({ type: OperatorAlertContent }) content: OperatorAlertContent;
  @ApiProperty({ enum: deliveryStatuses }) status: DeliveryStatus;
  @ApiProperty({ type: [AttemptView] }) attempts: readonly AttemptView[];
  @ApiProperty({ description: 'It may have been told more than once.' }) possiblySent: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) nextAttemptAt: string | null;
  @ApiProperty({ format: 'date-time' }) requestedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finishedAt: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'Why it was given up; null unless it was.' })
  abandonedBecause: string | null;
}

export class OperatorAlertPage extends PageOf(OperatorAlertView) {}

export function operatorAlertView(row: Shown<OperatorAlertRow>): OperatorAlertView {
  const { deliveryId, cause: _cause, environmentId: _environment, revision: _revision, attempts, ...shown } = row;
  return { id: deliveryId, ...shown, attempts: attempts.map(({ attempt: _attempt, ...attempt }) => attempt) };
}
