import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt } from 'class-validator';
import { CommandResult } from '#libs/http/src/command-result.js';
import { IdParams } from '#libs/http/src/id-params.js';
import { PageOf } from '#libs/http/src/paging.js';
import { PlainText } from '../field-rules.js';

export class RegisterWebhookSourceDto {
  @ApiProperty({ example: 'Sales CRM', maxLength: 100 })
  @PlainText(100)
  name: string;
}

export class WebhookSecretParams extends IdParams {
  @ApiProperty({ example: 1 })
  @Type(() => Number)
  @IsInt({ message: 'version must be a whole number, as the source lists it' })
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

const secretStatuses = ['active', 'retired'] as const;

export class SecretView {
  @ApiProperty({ example: 1 }) version: number;
  @ApiProperty({ enum: secretStatuses }) status: (typeof secretStatuses)[number];
  @ApiProperty({ format: 'date-time' }) addedAt: string;
  @ApiProperty({ format: 'date-time', type: String, nullable: true }) retiredAt: string | null;
}

export class WebhookSourceView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'Sales CRM' }) name: string;
  @ApiProperty({ example: '/api/webhooks/crm/<id>', description: 'Where the system sends its webhooks.' }) path: string;
  @ApiProperty({ type: [SecretView], description: 'Oldest first. The secrets themselves are never shown.' })
  secrets: SecretView[];
  @ApiProperty({ format: 'date-time' }) registeredAt: string;
  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class WebhookSourcePage extends PageOf(WebhookSourceView) {}
