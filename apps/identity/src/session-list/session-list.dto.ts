import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { type EndReason, endReasons, type SessionRow } from './session-list.entity.js';

export class SessionView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ description: 'Whether this request was sent in it.' }) current: boolean;
  @ApiProperty({ format: 'date-time' }) startedAt: string;
  @ApiProperty({ format: 'date-time', description: 'When tokens were issued last.' }) lastUsedAt: string;
  @ApiProperty({ format: 'date-time' }) expiresAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) endedAt: string | null;

  @ApiProperty({ enum: endReasons, type: String, nullable: true, description: 'Null while it has not ended.' })
  endReason: EndReason | null;
}

export class SessionPage extends PageOf(SessionView) {}

export function sessionView(row: Shown<SessionRow>, currentId: string | undefined): SessionView {
  const { id, startedAt, lastUsedAt, expiresAt, endedAt, endReason } = row;
  return { id, current: id === currentId, startedAt, lastUsedAt, expiresAt, endedAt, endReason };
}
