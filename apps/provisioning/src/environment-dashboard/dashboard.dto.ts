import { ApiProperty } from '@nestjs/swagger';
import { environmentSteps, type EnvironmentStep } from '#libs/events/src/provisioning.js';
import { environmentStatuses, type EnvironmentStatus } from '../domain/environment.js';
import { PriceOfMonth } from '../environment-cost/environment-cost.dto.js';

const step = { enum: environmentSteps, nullable: true, description: 'Begun last; null where none is due.' };

export class StateCount {
  @ApiProperty({ enum: environmentStatuses }) status: EnvironmentStatus;
  @ApiProperty(step) step: EnvironmentStep | null;
  @ApiProperty({ description: 'Environments with this status and step.' }) count: number;
  @ApiProperty({ format: 'date-time', description: 'Since when the oldest of them has had these.' }) since: string;
  @ApiProperty({ description: 'How many have had these for longer than 5 minutes.' }) over5Minutes: number;
  @ApiProperty({ description: 'How many for longer than 30 minutes.' }) over30Minutes: number;
  @ApiProperty({ description: 'How many for longer than 2 hours.' }) over2Hours: number;
}

export class OldestEnvironment {
  @ApiProperty({ format: 'uuid' }) environmentId: string;
  @ApiProperty({ example: 'CUST-2025-001' }) externalId: string;
  @ApiProperty({ enum: environmentStatuses }) status: EnvironmentStatus;
  @ApiProperty(step) step: EnvironmentStep | null;
  @ApiProperty({ format: 'date-time', description: 'Since when it has had this status and step.' }) since: string;
}

export class FailureRate {
  @ApiProperty({ description: 'Setting PROVISIONING_FAILURE_WINDOW_MINUTES.' }) windowMinutes: number;
  @ApiProperty({ description: 'Environments whose work came to an end in the window, a good or a bad one.' })
  ended: number;
  @ApiProperty({ description: 'Those of them that came to need attention in the window.' }) failed: number;
  @ApiProperty({ description: 'Of 100 that ended; 0 where none did.' }) percent: number;
  @ApiProperty({ description: 'Setting PROVISIONING_FAILURE_THRESHOLD_PERCENT.' }) thresholdPercent: number;
  @ApiProperty({ description: 'Fewer than so many ends raise no alarm. Setting PROVISIONING_FAILURE_LEAST.' })
  least: number;
  @ApiProperty({ description: 'The threshold is reached.' }) exceeded: boolean;
}

export class BuildTime {
  @ApiProperty({ example: 'enterprise' }) plan: string;
  @ApiProperty({ example: 'ap-northeast-1' }) region: string;
  @ApiProperty({ description: 'Environments that were ready for the first time in these days.' }) builds: number;
  @ApiProperty({ description: 'Half of them took so many seconds at most.' }) p50Seconds: number;
  @ApiProperty({ description: '95 of 100 took so many seconds at most.' }) p95Seconds: number;
}

class BuildTimes {
  @ApiProperty({ description: 'Setting PROVISIONING_BUILD_TIME_DAYS.' }) days: number;
  @ApiProperty({ type: [BuildTime], description: 'From the request until ready, with all waiting.' })
  groups: readonly BuildTime[];
}

export class DashboardView {
  @ApiProperty({ type: [StateCount] }) states: readonly StateCount[];
  @ApiProperty({
    type: [OldestEnvironment],
    description: 'The 20 that have been longest where they are, of those that are on their way or wait for somebody.',
  })
  oldest: readonly OldestEnvironment[];
  @ApiProperty({ type: FailureRate }) failureRate: FailureRate;
  @ApiProperty({ type: BuildTimes }) buildTimes: BuildTimes;
  @ApiProperty({ type: [PriceOfMonth], description: 'What a month costs as everything stands now.' })
  prices: readonly PriceOfMonth[];
}
