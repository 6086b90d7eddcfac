import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';

export class EnvironmentParams {
  @ApiProperty({ format: 'uuid', description: 'Id of the environment.' })
  @IsUUID()
  id: string;
}
