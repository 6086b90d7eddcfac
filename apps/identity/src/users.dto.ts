import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsIn, MaxLength } from 'class-validator';
import type { Permission } from '#libs/auth/src/permissions.js';
import { type Role, roles } from '#libs/events/src/identity.js';
import { checked, PlainText } from '#libs/http/src/text-rules.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';
import { longestPassword, NewPassword, shortestPassword } from './new-password.js';
import { bcryptHash } from './passwords.js';

/** SERVICE is for machines, which are no users. */
const personRoles = roles.filter((role) => role !== 'SERVICE');

export class UserDto {
  @ApiProperty({ example: 'hanako.sato@keiyaku.example', maxLength: 254, description: 'What they sign in with.' })
  @IsEmail()
  @MaxLength(254)
  readonly email: string;

  @ApiProperty({ example: '佐藤 花子', maxLength: 200 })
  @PlainText(200)
  readonly name: string;

  @ApiProperty({ enum: personRoles, description: 'What they may do: GET /api/auth/roles.' })
  @IsIn(personRoles, { message: `role must be one of: ${personRoles.join(', ')}` })
  readonly role: Role;
}

export class CreateUserDto extends UserDto {
  @ApiPropertyOptional({
    format: 'password',
    minLength: shortestPassword,
    maxLength: longestPassword,
    description: 'Left out, the user sets one themselves: POST /api/auth/users/{id}/password-reset makes a link.',
  })
  @Optional()
  @NewPassword()
  readonly password?: string;

  @ApiPropertyOptional({
    description:
      'In its place the bcrypt hash that another system has of it. It gives way to argon2id at the first sign-in.',
    example: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  })
  @Optional()
  @checked('bcryptHash', 'a bcrypt hash of a cost from 4 to 12', (text) => bcryptHash.test(text))
  readonly passwordHash?: string;
}

export class DeleteUserQuery {
  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'The user who takes over customers, tasks and decisions of the deleted one; their role must allow all of that.',
  })
  @Optional()
  @Uuid()
  reassignTo?: string;
}

export class RoleView {
  @ApiProperty({ enum: roles, enumName: 'Role' }) readonly role: Role;
  @ApiProperty({ type: [String], example: ['contracts:read'] }) readonly permissions: readonly Permission[];
}

export class RoleList {
  @ApiProperty({ type: [RoleView] }) readonly items: readonly RoleView[];
}
