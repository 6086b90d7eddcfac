import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import { type Permission, permissions } from '#libs/auth/src/permissions.js';
import { type Role, roles } from '#libs/events/src/identity.js';
import { CommandResult } from '#libs/http/src/command-result.js';
import { PageOf } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Optional } from '#libs/http/src/validation.js';
import type { ApiKeyRow } from './api-key-list.entity.js';

const permissionNames = Object.keys(permissions) as Permission[];

export class IssueApiKeyDto {
  @ApiProperty({
    example: 'Accounting import',
    maxLength: 100,
    description: 'What the key is for. It stays in the log for ever: name nobody.',
  })
  @PlainText(100)
  readonly name: string;

  @ApiProperty({ enum: roles, enumName: 'Role' })
  @IsIn(roles, { message: `role must be one of: ${roles.join(', ')}` })
  readonly role: Role;

  @ApiPropertyOptional({
    enum: permissionNames,
    isArray: true,
    description: 'Permissions of the role that the key is limited to. Left out: all of them.',
  })
  @Optional()
  @IsArray()
  @ArrayMaxSize(permissionNames.length)
  @ArrayUnique()
  @IsIn(permissionNames, { each: true, message: 'each of scopes must be a permission, see GET /api/auth/roles' })
  readonly scopes?: readonly Permission[];

  @ApiProperty({ format: 'date-time', description: 'In the future, 366 days ahead at most.' })
  @Instant()
  readonly expiresAt: string;
}

export class IssuedApiKey extends CommandResult {
  @ApiProperty({
    description: 'Send it as "Authorization: Bearer <key>". It is shown in this answer only.',
    example: 'kyk_5f3b2f0e-6b0c-5c1e-9d3a-2b7c1d8e4f60_…',
  })
  readonly key: string;
}

export class ApiKeyView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'Accounting import' }) name: string;
  @ApiProperty({ enum: roles, enumName: 'Role' }) role: Role;
  @ApiProperty({ type: [String], nullable: true, description: 'Null: all permissions of the role.' })
  scopes: readonly string[] | null;
  @ApiProperty({ format: 'date-time' }) issuedAt: string;
  @ApiProperty({ description: 'Id of who issued it.' }) issuedBy: string;
  @ApiProperty({ format: 'date-time' }) expiresAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) revokedAt: string | null;
  @ApiProperty() revision: number;
}

export class ApiKeyPage extends PageOf(ApiKeyView) {}

export function apiKeyView(row: Shown<ApiKeyRow>): ApiKeyView {
  return { ...row };
}
