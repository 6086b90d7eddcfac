import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { erasureReasons } from '#libs/events/src/erasure.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional } from '#libs/http/src/validation.js';
import { erasureStatuses } from '../domain/erasure.js';
import type { ErasureRow } from './erasure-list.entity.js';

export class ErasureQuery extends PageQuery {
  @ApiPropertyOptional({ enum: erasureStatuses })
  @Optional()
  @IsIn(erasureStatuses, { message: `status must be one of: ${erasureStatuses.join(', ')}` })
  status?: (typeof erasureStatuses)[number];

  @ApiPropertyOptional({ example: 'contract:5f3b2f0e-6b0c-5c1e-9d3a-2b7c1d8e4f60' })
  @Optional()
  @IsString()
  @MaxLength(100)
  subject?: string;
}

class Requester {
  @ApiProperty({ description: 'A user id, or the id of a machine client.' }) id: string;
  @ApiProperty({ example: 'COMPLIANCE' }) role: string;
}

class Clearance {
  @ApiProperty({ example: 'notification' }) context: string;
  @ApiProperty({ format: 'date-time' }) clearedAt: string;
}

/** An erasure; once it is completed, its certificate. */
export class ErasureView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'contract:5f3b2f0e-6b0c-5c1e-9d3a-2b7c1d8e4f60' }) subject: string;
  @ApiProperty({ enum: erasureReasons }) reason: string;

  @ApiProperty({
    enum: erasureStatuses,
    description:
      'requested; key_destroyed while processes may hold the key in memory; clearing while contexts clear their ' +
      'copies; completed: this is the certificate.',
  })
  status: string;

  @ApiProperty() requestedBy: Requester;
  @ApiProperty({ format: 'date-time' }) requestedAt: string;

  @ApiProperty({
    format: 'date-time',
    type: String,
    nullable: true,
    description: 'From here on what the log holds is unreadable.',
  })
  keyDestroyedAt: string | null;

  @ApiProperty({ type: [Clearance], description: 'Contexts that have cleared their copies.' })
  cleared: readonly Clearance[];

  @ApiProperty({ type: [String], description: 'Contexts whose confirmation is awaited.' })
  awaited: readonly string[];

  @ApiProperty({ format: 'date-time', type: String, nullable: true }) completedAt: string | null;
  @ApiProperty({ description: 'The number in ETag.' }) revision: number;
}

export class ErasurePage extends PageOf(ErasureView) {}

export function erasureView(row: Shown<ErasureRow>): ErasureView {
  const { id, subject, reason, status, requestedBy, cleared, revision } = row;
  const confirmed = new Set(cleared.map(({ context }) => context));
  return {
    id,
    subject,
    reason,
    status,
    requestedBy,
    requestedAt: row.requestedAt,
    keyDestroyedAt: row.keyDestroyedAt,
    cleared,
    awaited: row.contexts.filter((context) => !confirmed.has(context)),
    completedAt: row.completedAt,
    revision,
  };
}
