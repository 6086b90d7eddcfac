import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { WebhookContent } from '#libs/events/src/notification.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import { attemptOutcomes, deliveryStatuses, type DeliveryStatus } from '../delivery-list/delivery-progress.js';
import { testMessageType } from '../domain/delivery.js';
import { toldEvents } from '../tell-endpoints/environment-update.js';
import type { WebhookDeliveryRow } from './webhook-delivery-list.entity.js';

const eventTypes = [...toldEvents, testMessageType] as const;

export class WebhookDeliveryQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only webhooks to this endpoint.' })
  @Optional()
  @Uuid()
  endpointId?: string;

  @ApiPropertyOptional({ enum: deliveryStatuses })
  @Optional()
  @IsIn(deliveryStatuses, { message: `status must be one of: ${deliveryStatuses.join(', ')}` })
  status?: DeliveryStatus;

  @ApiPropertyOptional({ enum: eventTypes })
  @Optional()
  @IsIn(eventTypes, { message: `eventType must be one of: ${eventTypes.join(', ')}` })
  eventType?: (typeof eventTypes)[number];
}

class WebhookAttemptView {
  @ApiProperty({ description: 'From 1, over all replays.' }) number: number;
  @ApiProperty({ format: 'date-time' }) startedAt: string;

  @ApiProperty({ enum: attemptOutcomes, description: 'lost: the process ended before the message left.' })
  outcome: string;

  @ApiPropertyOptional({ description: 'HTTP status of the answer, when one came.' }) status?: number;
  @ApiPropertyOptional({ description: 'Milliseconds from the look-up of the name to the answer.' }) durationMs?: number;
  @ApiPropertyOptional({ description: 'Why it did not succeed.' }) reason?: string;

  @ApiPropertyOptional({ description: 'Beginning of an answer that was no success; what looks secret is left out.' })
  excerpt?: string;
}

export class WebhookDeliveryView {
  @ApiProperty({ format: 'uuid', description: 'The webhook-id of every copy.' }) id: string;
  @ApiProperty({ format: 'uuid' }) endpointId: string;
  @ApiProperty({ enum: eventTypes }) eventType: string;
  @ApiProperty({ enum: deliveryStatuses }) status: DeliveryStatus;
  @ApiProperty({ type: [WebhookAttemptView] }) attempts: readonly WebhookAttemptView[];
  @ApiProperty({ description: 'The endpoint may have got it more than once.' }) possiblySent: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) nextAttemptAt: string | null;
  @ApiProperty({ format: 'date-time' }) requestedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finishedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it was given up; null unless it was.' })
  abandonedBecause: string | null;

  @ApiProperty({ type: Object, description: 'The body: eventId, eventType, timestamp and data.' })
  content: WebhookContent;
}

export class WebhookDeliveryPage extends PageOf(WebhookDeliveryView) {}

export function webhookDeliveryView(row: Shown<WebhookDeliveryRow>): WebhookDeliveryView {
  const { deliveryId, attempts, revision: _, ...shown } = row;
  return { id: deliveryId, ...shown, attempts: attempts.map(({ attempt: _id, ...attempt }) => attempt) };
}
