import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { deletionReasons } from '#libs/events/src/sales-activity.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import type { Names } from '../known-parties.js';
import type { MeetingRow } from './meeting.entity.js';

export class MeetingQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @Optional()
  @Uuid()
  customerId?: string;

  @ApiPropertyOptional({ maxLength: 64, description: 'Whose meetings.' })
  @Optional()
  @PlainText(64)
  userId?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Held at this instant or later.' })
  @Optional()
  @Instant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Held before this instant.' })
  @Optional()
  @Instant()
  before?: string;

  @ApiPropertyOptional({ default: false, description: 'Lists the deleted ones in place of the others.' })
  @Optional()
  @Flag()
  deleted: boolean = false;
}

/** The customer stands in the path. */
export class CustomerMeetingQuery extends OmitType(MeetingQuery, ['customerId']) {}

export class MeetingView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) customerId: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null while it is not known here yet.' })
  customerName: string | null;
  @ApiProperty() userId: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null while it is not known here yet.' })
  userName: string | null;
  @ApiProperty({ format: 'date-time' }) date: string;
  @ApiProperty() summary: string;
  @ApiProperty({ type: String, nullable: true }) location: string | null;
  @ApiProperty({ type: Number, nullable: true }) durationMinutes: number | null;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) deletedAt: string | null;
  @ApiProperty({
    enum: deletionReasons,
    nullable: true,
    description: 'Why it is deleted: somebody asked for it, or its customer or its user was deleted.',
  })
  deletedReason: string | null;
  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class MeetingPage extends PageOf(MeetingView) {}

export function meetingView(row: Shown<MeetingRow>, { customers, users }: Names): MeetingView {
  return {
    id: row.id,
    customerId: row.customerId,
    customerName: customers.get(row.customerId) ?? null,
    userId: row.userId,
    userName: users.get(row.userId) ?? null,
    date: row.date,
    summary: row.summary,
    location: row.location,
    durationMinutes: row.durationMinutes,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
    deletedReason: row.deletedReason,
    revision: row.revision,
  };
}
