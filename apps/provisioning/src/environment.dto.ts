import { ApiProperty } from '@nestjs/swagger';
import { Uuid } from '#libs/http/src/validation.js';

export class EnvironmentParams {
  @ApiProperty({ format: 'uuid', description: 'Id of the environment.' })
  @Uuid()
  id: string;
}
