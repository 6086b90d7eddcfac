import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { accessTokenLifetimeSeconds } from '#libs/auth/src/access-token.js';
import { type Role, roles } from '#libs/events/src/identity.js';
import { Optional } from '#libs/http/src/validation.js';
import type { PublishedKey } from './signing-keys.js';

export class SignInDto {
  @ApiProperty({ example: 'admin@keiyaku.example', minLength: 1, maxLength: 320 })
  @IsString()
  @Length(1, 320)
  readonly email: string;

  @ApiProperty({ format: 'password', minLength: 1, maxLength: 1024 })
  @IsString()
  @Length(1, 1024)
  readonly password: string;

  @ApiPropertyOptional({
    example: '492039',
    description: 'For users with a second factor: the code of the authenticator app, or a recovery code.',
    maxLength: 64,
  })
  @Optional()
  @IsString()
  @Length(1, 64)
  readonly code?: string;
}

export class RefreshDto {
  @ApiProperty({ description: 'The newest refresh token of the session.', minLength: 1, maxLength: 512 })
  @IsString()
  @Length(1, 512)
  readonly refreshToken: string;
}

/** RFC 6749 §4.4, as JSON. */
export class ClientTokenDto {
  @ApiProperty({ enum: ['client_credentials'] })
  @IsString()
  @Length(1, 64)
  readonly grant_type: string;

  @ApiProperty({ example: 'crm', minLength: 1, maxLength: 128 })
  @IsString()
  @Length(1, 128)
  readonly client_id: string;

  @ApiProperty({ format: 'password', minLength: 1, maxLength: 512 })
  @IsString()
  @Length(1, 512)
  readonly client_secret: string;
}

export class Me {
  @ApiProperty({ description: 'User id, or the id of a machine client.' }) readonly id: string;
  @ApiProperty() readonly name: string;
  @ApiProperty({ enum: roles, enumName: 'Role' }) readonly role: Role;
  @ApiPropertyOptional({ description: 'Machine clients have none.' }) readonly email?: string;
}

export class SessionTokens {
  @ApiProperty({ description: 'Send it as "Authorization: Bearer <token>".' }) readonly accessToken: string;
  @ApiProperty({ description: 'Life of the access token in seconds.', example: accessTokenLifetimeSeconds })
  readonly expiresIn: number;
  @ApiProperty({ description: 'Good for one POST /api/auth/refresh.' }) readonly refreshToken: string;
  @ApiProperty() readonly user: Me;
}

export class ClientToken {
  @ApiProperty() readonly access_token: string;
  @ApiProperty({ enum: ['Bearer'] }) readonly token_type: 'Bearer';
  @ApiProperty({ description: 'Seconds.', example: accessTokenLifetimeSeconds }) readonly expires_in: number;
}

export class PublicKey implements PublishedKey {
  @ApiProperty({ description: 'Thumbprint (RFC 7638).' }) readonly kid: string;
  @ApiProperty({ enum: ['EC'] }) readonly kty: string;
  @ApiProperty({ enum: ['P-256'] }) readonly crv: string;
  @ApiProperty() readonly x: string;
  @ApiProperty() readonly y: string;
  @ApiProperty({ enum: ['ES256'] }) readonly alg: string;
  @ApiProperty({ enum: ['sig'] }) readonly use: string;
}

export class KeySet {
  @ApiProperty({ type: [PublicKey] }) readonly keys: readonly PublishedKey[];
}
