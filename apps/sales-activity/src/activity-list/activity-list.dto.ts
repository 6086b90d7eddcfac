import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { meetingEvents, taskEvents } from '#libs/events/src/sales-activity.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import { Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import type { ActivityType } from './activity.entity.js';

const activityTypes = Object.keys({ ...meetingEvents, ...taskEvents }) as ActivityType[];

export class ActivityQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'What happened to the meetings and tasks of this customer.' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ maxLength: 64, description: 'What happened to the meetings and tasks of this user.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ maxLength: 64, description: 'What this user, machine client or policy did.' })
  @Optional()
  @PlainText(64)
  actorId?: string;

  @ApiPropertyOptional({ enum: activityTypes })
  @Optional()
  @IsIn(activityTypes)
  type?: ActivityType;

  @ApiPropertyOptional({ format: 'date-time', description: 'Happened at this instant or later.' })
  @Optional()
  @Instant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Happened before this instant.' })
  @Optional()
  @Instant()
  before?: string;
}

export class ActivityView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ enum: activityTypes }) type: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) meetingId: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) taskId: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Title of the task, or summary of the meeting, as it is today. Null while it is not known here yet.',
  })
  title: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) customerId: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'As it is today.' }) customerName: string | null;
  @ApiProperty({ description: 'Whose meeting or task it was from then on.' }) userId: string;
  @ApiProperty({ type: String, nullable: true, description: 'As it is today.' }) userName: string | null;
  @ApiProperty({ description: 'A user, a machine client or policy:<name>.' }) actorId: string;
  @ApiProperty() actorRole: string;
  @ApiProperty({
    type: Object,
    description: 'What there is to say: changed, status, previousStatus, previousUserId, reason, cause, dueDate.',
  })
  detail: object;
}

export class ActivityPage extends PageOf(ActivityView) {}
