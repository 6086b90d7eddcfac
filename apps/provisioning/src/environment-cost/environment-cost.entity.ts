import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { PricedService } from '#libs/catalogue/src/price.js';

/** Terms and service that held from an instant (ISO) until the next period begins, or the service ended. */
export interface ServicePeriod {
  readonly from: string;
  readonly plan: string;
  readonly storageQuota: string;
  readonly userLimit: number;
  readonly service: PricedService;
}

/** Day of an environment whose service has not ended. */
export const openEnd = '9999-12-31';

/** What an environment was, when; prices stand in the catalogue alone. */
@Index(['endedOn', 'startedOn'])
@Index(['externalId', 'environmentId'])
@Entity({
  name: 'environment_costs',
  synchronize: false,
  comment: 'One row for each environment that was ever ready: under which terms it served, from when to when.',
})
export class EnvironmentCost {
  @PrimaryColumn('uuid', { name: 'environment_id', comment: 'Id of the environment.' })
  environmentId: string;

  @Index()
  @Column('uuid', { name: 'contract_id', comment: 'The contract that it belongs to.' })
  contractId: string;

  @Column('text', { name: 'external_id', comment: "The customer's number in the CRM." })
  externalId: string;

  @Column('text', { comment: 'Region in which it runs.' })
  region: string;

  @Column('text', { comment: 'Plan that holds now, or held last.' })
  plan: string;

  @Column('text', { name: 'storage_quota', comment: 'Storage that holds now, like 500GB.' })
  storageQuota: string;

  @Column('integer', { name: 'user_limit', comment: 'Users that the contract allows now.' })
  userLimit: number;

  @Column('text', { comment: 'running or suspended.' })
  service: PricedService;

  @Column('jsonb', { comment: 'Oldest first, as from, plan, storageQuota, userLimit and service.' })
  periods: readonly ServicePeriod[];

  @Column('text', { name: 'started_on', comment: 'Day in Japan on which it was ready first, like 2026-01-31.' })
  startedOn: string;

  @Column('text', { name: 'ended_on', comment: 'Day in Japan on which the service ended; 9999-12-31 before.' })
  endedOn: string;
}
