import { ApiProperty } from '@nestjs/swagger';
import { Uuid } from './validation.js';

/** Path of a single resource: `@Param() { id }: IdParams` under `:id`. */
export class IdParams {
  @ApiProperty({ format: 'uuid' })
  @Uuid()
  id: string;
}
