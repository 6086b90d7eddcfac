import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { CommandResult } from '#libs/http/src/command-result.js';
import { longestPassword, NewPassword, shortestPassword } from './new-password.js';

export class ChangePasswordDto {
  @ApiProperty({ format: 'password', minLength: 1, maxLength: longestPassword })
  @IsString()
  @Length(1, longestPassword)
  readonly currentPassword: string;

  @ApiProperty({ format: 'password', minLength: shortestPassword, maxLength: longestPassword })
  @NewPassword()
  readonly newPassword: string;
}

export class ResetPasswordDto {
  @ApiProperty({ description: 'What the one-time link holds behind "#".', minLength: 1, maxLength: 128 })
  @IsString()
  @Length(1, 128)
  readonly token: string;

  @ApiProperty({ format: 'password', minLength: shortestPassword, maxLength: longestPassword })
  @NewPassword()
  readonly newPassword: string;
}

/** Shown once. */
export class ResetLinkView extends CommandResult {
  @ApiProperty({ description: 'Good once, for POST /api/auth/password-reset.' }) readonly token: string;
  @ApiProperty({ description: 'A page on which the user sets the password. Hand it over on a safe way.' })
  readonly url: string;
  @ApiProperty({ format: 'date-time' }) readonly expiresAt: string;
}
