/** What queries and bodies of this context have in common. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Between } from '#libs/http/src/shown-rows.js';
import { PlainText } from '#libs/http/src/text-rules.js';
import { Flag, Optional, Uuid } from '#libs/http/src/validation.js';

/** Query of a single meeting or task. */
export class ShownQuery {
  @ApiPropertyOptional({ default: false, description: 'Shows it also when it is deleted.' })
  @Optional()
  @Flag()
  deleted: boolean = false;
}

export class RestoreDto {
  @ApiPropertyOptional({
    maxLength: 64,
    description: 'User who takes it over. Needed where its user was deleted.',
  })
  @Optional()
  @PlainText(64)
  userId?: string;
}

/** Path of what belongs to a customer. */
export class CustomerParams {
  @ApiProperty({ format: 'uuid' })
  @Uuid()
  customerId: string;
}

/** ISO 8601 in UTC with milliseconds, so that the same instant is always the same text. */
export function utc(instant: string): string {
  return new Date(instant).toISOString();
}

/** Both in ISO 8601, as they came; undefined is no bound. */
export function instantsBetween(from: string | undefined, before: string | undefined): Between<Date> {
  const instant = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
  return new Between(instant(from), instant(before));
}
