import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { PageOf, PageQuery } from '#libs/http/src/paging.js';
import type { Shown } from '#libs/http/src/shown-rows.js';
import { Optional } from '#libs/http/src/validation.js';
import { SecretView, secretViews } from '#libs/webhooks/src/secrets.dto.js';
import { endpointStatuses, type EndpointStatus, type WebhookEndpointRow } from './webhook-endpoint-list.entity.js';

export class WebhookEndpointQuery extends PageQuery {
  @ApiPropertyOptional({ enum: endpointStatuses })
  @Optional()
  @IsIn(endpointStatuses, { message: `status must be one of: ${endpointStatuses.join(', ')}` })
  status?: EndpointStatus;
}

export class WebhookEndpointView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'Sales CRM' }) name: string;
  @ApiProperty({ example: 'https://crm.example/hooks/keiyaku' }) url: string;

  @ApiProperty({ type: [String], nullable: true, description: 'Types of events that it wants; null for all.' })
  events: readonly string[] | null;

  @ApiProperty({ enum: endpointStatuses }) status: EndpointStatus;

  @ApiProperty({ type: String, nullable: true, description: 'Why nothing is sent to it; null while it is enabled.' })
  disabledBecause: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'null: the last webhook was taken.' })
  failingSince: string | null;

  @ApiProperty({ type: [SecretView], description: 'Oldest first. The secrets themselves are never shown.' })
  secrets: SecretView[];

  @ApiProperty({ format: 'date-time' }) registeredAt: string;
  @ApiProperty({ description: 'The number in ETag, for If-Match.' }) revision: number;
}

export class WebhookEndpointPage extends PageOf(WebhookEndpointView) {}

export function webhookEndpointView({ secrets, ...row }: Shown<WebhookEndpointRow>): WebhookEndpointView {
  return { ...row, secrets: secretViews(secrets) };
}
