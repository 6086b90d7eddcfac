import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import { Instant } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';
import { auditedTypes } from './audit-log.projection.js';

export class AuditLogQuery extends PageQuery {
  @ApiPropertyOptional({ enum: auditedTypes })
  @Optional()
  @IsIn(auditedTypes, { message: `type must be one of: ${auditedTypes.join(', ')}` })
  type?: (typeof auditedTypes)[number];

  @ApiPropertyOptional({ format: 'uuid', description: 'The user whom it concerns.' })
  @Optional()
  @Uuid()
  userId?: string;

  @ApiPropertyOptional({ description: 'Who did it: the id of a user or of a machine client.' })
  @Optional()
  @IsString()
  @MaxLength(200)
  actorId?: string;

  @ApiPropertyOptional({ description: 'Only refusals, or only the rest.' })
  @Optional()
  @Flag()
  failure?: boolean;

  @ApiPropertyOptional({ format: 'date-time', description: 'From this instant on.' })
  @Optional()
  @Instant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this instant.' })
  @Optional()
  @Instant()
  before?: string;
}

class AuditActor {
  @ApiProperty({ description: 'A user, a machine client, "anonymous" or policy:<name>.' }) id: string;
  @ApiProperty() role: string;
  @ApiPropertyOptional({ description: 'Address; "[erased]" once the person was erased.' }) ip?: string;
}

export class AuditLogView {
  @ApiProperty({ format: 'uuid', description: 'Id of the event.' }) id: string;
  @ApiProperty({ enum: auditedTypes }) type: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty() actor: AuditActor;
  @ApiProperty({ format: 'uuid', type: String, nullable: true, description: 'The user whom it concerns.' })
  userId: string | null;
  @ApiProperty({ description: 'Whether somebody was refused.' }) failure: boolean;
  @ApiProperty({ type: Object, description: 'What the event says, without names and mail addresses.' }) details: object;
  @ApiProperty({ description: 'Ties together all that one request caused.' }) correlationId: string;
}

export class AuditLogPage extends PageOf(AuditLogView) {}
