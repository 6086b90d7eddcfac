import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, IsUUID, MaxLength } from 'class-validator';
import type { ParkedState } from '#libs/event-sourcing/src/parked-events.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import { Optional } from '#libs/http/src/validation.js';

export const parkedStates = ['parked', 'waiting', 'replayed', 'skipped'] as const satisfies readonly ParkedState[];

export class ParkedEventQuery extends PageQuery {
  @ApiPropertyOptional({ enum: parkedStates, description: 'Those that are parked or waiting, unless given.' })
  @Optional()
  @IsIn(parkedStates, { message: `state must be one of: ${parkedStates.join(', ')}` })
  state?: ParkedState;

  @ApiPropertyOptional({ description: 'Only events of this policy.', example: 'contract/register-from-webhook' })
  @Optional()
  @IsString()
  @MaxLength(200)
  policy?: string;
}

export class ParkedEventParams {
  @ApiProperty({ format: 'uuid' })
  @IsUUID(undefined, { message: 'id must be a UUID' })
  id: string;
}

/** A parked event as the database gives it. */
export interface ParkedEventRow {
  readonly id: string;
  readonly policy: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly key: string;
  readonly state: ParkedState;
  readonly reason: string | null;
  readonly tries: number;
  readonly occurredAt: Date;
  readonly parkedAt: Date;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
}

/** A parked event as it is answered. */
export class ParkedEventView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'contract/register-from-webhook' }) policy: string;
  @ApiProperty({ format: 'uuid' }) eventId: string;
  @ApiProperty({ example: 'webhook.received' }) eventType: string;
  @ApiProperty() stream: string;
  @ApiProperty({ description: 'Number of the event in its stream, from 0.' }) revision: number;
  @ApiProperty({ description: 'Place of the event in the log, a decimal number.' }) position: string;
  @ApiProperty({ description: 'Events of one key are handled in order.' }) key: string;

  @ApiProperty({ enum: parkedStates, description: 'waiting: an earlier event of its key is parked.' })
  state: ParkedState;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Kind of the last error, its code and where it arose; null for an event that waits.',
    example: 'RangeError at RegisterFromWebhookPolicy.handle (apps/contract/src/register-from-webhook/…js:22)',
  })
  reason: string | null;

  @ApiProperty({ description: 'How often it was tried.' }) tries: number;
  @ApiProperty({ format: 'date-time' }) occurredAt: string;
  @ApiProperty({ format: 'date-time' }) parkedAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) resolvedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Id of who had it replayed or skipped.' })
  resolvedBy: string | null;

  constructor({ occurredAt, parkedAt, resolvedAt, ...row }: ParkedEventRow) {
    Object.assign(this, row);
    this.occurredAt = occurredAt.toISOString();
    this.parkedAt = parkedAt.toISOString();
    this.resolvedAt = resolvedAt?.toISOString() ?? null;
  }
}

export class ParkedEventPage extends PageOf(ParkedEventView) {}
