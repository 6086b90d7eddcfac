import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { type Role, roles } from '#libs/events/src/identity.js';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional } from '#libs/http/src/validation.js';
import { type UserRow, type UserStatus, userStatuses } from './user-list.entity.js';

export class UserQuery extends PageQuery {
  @ApiPropertyOptional({ enum: roles, enumName: 'Role' })
  @Optional()
  @IsIn(roles, { message: `role must be one of: ${roles.join(', ')}` })
  role?: Role;

  @ApiPropertyOptional({ enum: userStatuses, description: 'Both, unless asked for one.' })
  @Optional()
  @IsIn(userStatuses, { message: `status must be one of: ${userStatuses.join(', ')}` })
  status?: UserStatus;
}

export class UserView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: userStatuses }) status: UserStatus;
  @ApiProperty({ example: 'hanako.sato@keiyaku.example' }) email: string;
  @ApiProperty({ example: '佐藤 花子' }) name: string;
  @ApiProperty({ enum: roles, enumName: 'Role' }) role: Role;
  @ApiProperty({ description: 'Whether a sign-in takes a second factor.' }) secondFactor: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ format: 'date-time' }) updatedAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) deletedAt: string | null;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) lastSignInAt: string | null;
  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class UserPage extends PageOf(UserView) {}

export function userView(row: Shown<UserRow>): UserView {
  const { id, status, email, name, role, secondFactor, revision } = row;
  const { createdAt, updatedAt, deletedAt, lastSignInAt } = row;
  return { id, status, email, name, role, secondFactor, createdAt, updatedAt, deletedAt, lastSignInAt, revision };
}
