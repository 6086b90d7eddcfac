import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '#libs/http/src/paging.js';
import { PlainText } from '#libs/http/src/text-rules.js';
import { SecretView } from '#libs/webhooks/src/secrets.dto.js';

export class RegisterWebhookSourceDto {
  @ApiProperty({ example: 'Sales CRM', maxLength: 100 })
  @PlainText(100)
  name: string;
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
