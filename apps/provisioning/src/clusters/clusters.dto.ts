import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { CommandResult } from '#libs/http/src/command-result.js';
import { checked, PlainText } from '#libs/http/src/text-rules.js';
import { Optional, Uuid } from '#libs/http/src/validation.js';

/** Clusters of one environment are named after its whole id. */
const shortName = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Id of a cluster, chosen by whoever adds it. */
function ClusterId(): PropertyDecorator {
  const expected = 'a short name of lower-case letters, digits and dashes, like tokyo-2';
  return checked('clusterId', expected, (text) => shortName.test(text));
}

export class ClusterParams {
  @ApiProperty({ example: 'tokyo-2' })
  @ClusterId()
  id: string;
}

export class AddClusterDto {
  @ApiProperty({ example: 'tokyo-2', description: 'Its id for ever; also after it was removed no other one gets it.' })
  @ClusterId()
  id: string;

  @ApiProperty({ example: 'Tokyo 2', maxLength: 100 })
  @PlainText(100)
  name: string;

  @ApiPropertyOptional({
    type: [String],
    example: ['ap-northeast-1'],
    description: 'Regions that it serves, as GET /api/regions names them; every region when left out.',
  })
  @Optional()
  @IsArray()
  @ArrayUnique()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  regions?: string[];

  @ApiPropertyOptional({ example: 40, description: 'How many environments fit on it; no limit when left out.' })
  @Optional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  capacity?: number;

  @ApiPropertyOptional({ format: 'uuid', description: 'The one environment that may stand there.' })
  @Optional()
  @Uuid()
  dedicatedTo?: string;

  @ApiPropertyOptional({
    maxLength: 65_536,
    description:
      'A kubeconfig with its certificates and token inside. It is kept sealed and never shown. When it is left out, ' +
      'the service account of the pod that provisioning runs in is used.',
  })
  @Optional()
  @IsString()
  @Length(1, 65_536)
  kubeconfig?: string;
}

export class ClusterConnectionDto extends PickType(AddClusterDto, ['kubeconfig']) {}

export class CordonClusterDto {
  @ApiPropertyOptional({ description: 'Why, for those who look at the list.', maxLength: 500 })
  @Optional()
  @PlainText(500)
  reason?: string;
}

class StandingEnvironment {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ example: 'CUST-2025-001' }) externalId: string;
  @ApiProperty({ example: 'ready' }) status: string;
}

export class DrainResult extends CommandResult {
  @ApiProperty({ description: 'How many environments still stand there.' })
  readonly environments: number;

  @ApiProperty({ type: [StandingEnvironment], description: 'The first 50 of them, the oldest first.' })
  readonly standing: readonly StandingEnvironment[];

  constructor(result: ConstructorParameters<typeof CommandResult>[0], standing: Standing) {
    super(result);
    this.environments = standing.count;
    this.standing = standing.first;
  }
}

/** What stands on a cluster. */
export interface Standing {
  readonly count: number;
  readonly first: readonly StandingEnvironment[];
}
