import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { mailTemplates } from '#libs/events/src/notification.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import type { DeliveryRow } from './delivery-list.entity.js';
import { attemptOutcomes, type DeliveryAttempt, deliveryStatuses, type DeliveryStatus } from './delivery-progress.js';

export class DeliveryQuery extends PageQuery {
  @ApiPropertyOptional({ enum: deliveryStatuses })
  @Optional()
  @IsIn(deliveryStatuses, { message: `status must be one of: ${deliveryStatuses.join(', ')}` })
  status?: DeliveryStatus;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only deliveries about this environment.' })
  @Optional()
  @Uuid()
  environmentId?: string;
}

class RecipientView {
  @ApiProperty() name: string;
  @ApiProperty({ example: 'a***@abc-corp.example', description: 'The first letter and the domain.' }) email: string;
  @ApiProperty({ enum: ['ja', 'en'] }) language: string;
}

export class AttemptView {
  @ApiProperty({ description: 'From 1.' }) number: number;
  @ApiProperty({ format: 'date-time' }) startedAt: string;

  @ApiProperty({ enum: attemptOutcomes, description: 'lost: the process ended before the message left.' })
  outcome: string;

  @ApiPropertyOptional({ description: 'Why it did not succeed.' }) reason?: string;
}

export class DeliveryView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) environmentId: string;
  @ApiProperty({ enum: mailTemplates }) template: string;
  @ApiProperty({ enum: deliveryStatuses }) status: DeliveryStatus;
  @ApiProperty({ type: RecipientView }) recipient: RecipientView;
  @ApiProperty({ type: [AttemptView] }) attempts: readonly AttemptView[];

  @ApiProperty({ description: 'The message may have arrived more than once.' })
  possiblySent: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'Message-ID of every copy; null before the first one.' })
  messageId: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true }) nextAttemptAt: string | null;
  @ApiProperty({ format: 'date-time' }) requestedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finishedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it was given up; null unless it was.' })
  abandonedBecause: string | null;
}

export class DeliveryPage extends PageOf(DeliveryView) {}

export function deliveryView(row: Shown<DeliveryRow>): DeliveryView {
  return {
    id: row.deliveryId,
    environmentId: row.environmentId,
    template: row.template,
    status: row.status,
    recipient: { name: row.recipientName, email: maskedAddress(row.recipientEmail), language: row.language },
    attempts: row.attempts.map(attemptView),
    possiblySent: row.possiblySent,
    messageId: row.messageId,
    nextAttemptAt: row.nextAttemptAt,
    requestedAt: row.requestedAt,
    finishedAt: row.finishedAt,
    abandonedBecause: row.abandonedBecause,
  };
}

function attemptView({ number, startedAt, outcome, reason }: DeliveryAttempt): AttemptView {
  return { number, startedAt, outcome, ...(reason !== undefined && { reason }) };
}

function maskedAddress(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${email.slice(0, 1)}***${email.slice(at)}`;
}
