import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '#libs/auth/src/access.js';
import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import { CATALOGUE } from '#libs/catalogue/src/catalogue.provider.js';

class LocalisedName {
  @ApiProperty({ example: 'エンタープライズ' }) ja: string;
  @ApiProperty({ example: 'Enterprise' }) en: string;
}

class StorageRange {
  @ApiProperty({ example: '1TB', description: 'Holds where a contract names none.' }) default: string;
  @ApiProperty({ example: '10TB' }) max: string;
}

class UserRange {
  @ApiProperty({ example: 100, description: 'Holds where a contract names none.' }) default: number;
  @ApiProperty({ example: 5000 }) max: number;
}

class ReplicaRange {
  @ApiProperty() min: number;
  @ApiProperty() max: number;
}

class PodResources {
  @ApiProperty({ example: '500m' }) request: string;
  @ApiProperty({ example: '2' }) limit: string;
}

class ResourcesOfPlan {
  @ApiProperty() replicas: ReplicaRange;
  @ApiProperty({ description: 'CPU per pod.' }) cpu: PodResources;
  @ApiProperty({ description: 'Memory per pod.' }) memory: PodResources;
}

class PriceOfPlan {
  @ApiProperty({ enum: ['JPY'] }) currency: 'JPY';
  @ApiProperty({ example: 198_000, description: 'A month of the environment itself.' }) month: number;
  @ApiProperty({ example: 20, description: 'A month of each gigabyte of storage; it is due while suspended too.' })
  gigabyteMonth: number;
  @ApiProperty({ example: 400, description: 'A month of each user that the contract allows.' }) userMonth: number;
}

class TerminationOfPlan {
  @ApiProperty({ description: 'The customer gets their data as an export.' }) export: boolean;
  @ApiProperty({ example: 90, description: 'For how long the data is kept before it is deleted.' })
  retentionDays: number;
}

class PlanView {
  @ApiProperty({ example: 'enterprise', description: 'Name of the plan in contracts.' }) id: string;
  @ApiProperty() name: LocalisedName;
  @ApiProperty() storage: StorageRange;
  @ApiProperty() users: UserRange;
  @ApiProperty({ description: 'In whole yen.' }) price: PriceOfPlan;
  @ApiProperty({ description: 'What the plan promises for the end of a contract.' }) onTermination: TerminationOfPlan;
  @ApiProperty() resources: ResourcesOfPlan;
}

class PlanList {
  @ApiProperty({ type: [PlanView] }) items: PlanView[];
}

class RegionView {
  @ApiProperty({ example: 'ap-northeast-1', description: 'Name of the region in contracts.' }) id: string;
  @ApiProperty() name: LocalisedName;
}

class RegionList {
  @ApiProperty({ type: [RegionView] }) items: RegionView[];
}

@ApiTags('Plans')
@Controller()
export class PlansController {
  constructor(@Inject(CATALOGUE) private readonly catalogue: Catalogue) {}

  @Get('plans')
  @RequirePermission('plans:read')
  @ApiOperation({ summary: 'List plans', description: 'What is sold, with the limits and the price of each plan.' })
  @ApiOkResponse({ type: PlanList })
  plans(): PlanList {
    // What else the catalogue says of a plan, like its images and networks, is nobody's business but ours.
    const items = Object.entries(this.catalogue.plans).map(
      ([id, { name, storage, users, price, onTermination, resources }]): PlanView => {
        return { id, name, storage, users, price, onTermination, resources };
      },
    );
    return { items };
  }

  @Get('regions')
  @RequirePermission('plans:read')
  @ApiOperation({ summary: 'List regions', description: 'Where environments can stand, with names for people.' })
  @ApiOkResponse({ type: RegionList })
  regions(): RegionList {
    return { items: Object.entries(this.catalogue.regions).map(([id, name]) => ({ id, name })) };
  }
}
