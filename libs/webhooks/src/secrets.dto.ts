import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt } from 'class-validator';
import { CommandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';

export class WebhookSecretParams extends IdParams {
  @ApiProperty({ example: 1 })
  @Type(() => Number)
  @IsInt({ message: 'version must be a whole number, as the list of secrets has it' })
  version: number;
}

/** The one answer that shows a secret. */
export class IssuedSecret extends CommandResult {
  @ApiProperty({ example: 1, description: 'Names the secret; DELETE retires it.' })
  readonly version: number;

  @ApiProperty({ example: 'whsec_…', description: 'The signing secret. It is shown only here: store it now.' })
  readonly secret: string;

  constructor(result: CommandResult, version: number, secret: string) {
    super({ ...result, position: BigInt(result.position) });
    this.version = version;
    this.secret = secret;
  }
}

/** What a read model keeps of a secret. Instants are ISO texts. */
export interface SecretRecord {
  readonly version: number;
  readonly addedAt: string;
  readonly retiredAt: string | null;
}

const secretStatuses = ['active', 'retired'] as const;

export class SecretView {
  @ApiProperty({ example: 1 }) version: number;
  @ApiProperty({ enum: secretStatuses }) status: (typeof secretStatuses)[number];
  @ApiProperty({ format: 'date-time' }) addedAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) retiredAt: string | null;
}

export function secretViews(secrets: readonly SecretRecord[]): SecretView[] {
  return secrets.map((secret) => ({ ...secret, status: secret.retiredAt === null ? 'active' : 'retired' }));
}
