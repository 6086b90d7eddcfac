import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import { Instant, PlainText } from '#libs/http/src/text-rules.js';
import { Optional } from '#libs/http/src/validation.js';
import { toldEvents, type ToldEvent } from '../tell-endpoints/environment-update.js';

export class RegisterWebhookEndpointDto {
  @ApiProperty({ example: 'Sales CRM', maxLength: 100 })
  @PlainText(100)
  name: string;

  @ApiProperty({
    example: 'https://crm.example/hooks/keiyaku',
    maxLength: 2000,
    description: 'Where webhooks are posted. It stands in the log and must hold no secret.',
  })
  @PlainText(2000)
  url: string;

  @ApiPropertyOptional({
    enum: toldEvents,
    isArray: true,
    description: 'Types of events that it wants; all when absent.',
  })
  @Optional()
  @IsArray()
  @ArrayMinSize(1, { message: 'events must name at least one type; leave it out for all' })
  @ArrayUnique({ message: 'events must name each type once' })
  @IsIn(toldEvents, { each: true, message: `events must be some of: ${toldEvents.join(', ')}` })
  events?: ToldEvent['type'][];
}

export class ReplayFailedDto {
  @ApiProperty({ format: 'date-time', example: '2025-05-29T09:00:00Z', description: 'Of the request for the webhook.' })
  @Instant()
  since: string;
}
