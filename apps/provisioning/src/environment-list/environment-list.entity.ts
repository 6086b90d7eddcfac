import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import type { EnvironmentStatus } from '../domain/environment.js';

/** A step as people follow it: `ms` is there once it is done, from its first try on. */
export interface StepRecord {
  readonly name: EnvironmentStep;
  readonly startedAt: string;
  readonly tries: number;
  readonly ms?: number;
}

export interface Attention {
  readonly step: EnvironmentStep;
  readonly object?: string;
  readonly reason: string;
  readonly whatToDo: string;
}

@Entity({ name: 'environment_list', synchronize: false })
export class EnvironmentRow {
  @PrimaryColumn('uuid', { name: 'environment_id' })
  environmentId: string;

  @Index()
  @Column('uuid', { name: 'contract_id' })
  contractId: string;

  @Column('text', { name: 'external_id' })
  externalId: string;

  @Column('text', { name: 'company_name' })
  companyName: string;

  @Column('text')
  plan: string;

  @Column('text')
  region: string;

  @Column('text', { name: 'storage_quota' })
  storageQuota: string;

  @Column('integer', { name: 'user_limit' })
  userLimit: number;

  @Index()
  @Column('text')
  status: EnvironmentStatus;

  @Column('text')
  url: string;

  @Column('text')
  namespace: string;

  @Column('text')
  administrator: string;

  @Column('jsonb')
  steps: readonly StepRecord[];

  @Column('integer', { name: 'objects_planned' })
  objectsPlanned: number;

  @Column('integer', { name: 'objects_applied' })
  objectsApplied: number;

  /** Set while the environment needs attention. */
  @Column('jsonb', { nullable: true })
  attention: Attention | null;

  @Index()
  @Column('timestamptz', { name: 'requested_at' })
  requestedAt: Date;

  @Column('timestamptz', { name: 'ready_at', nullable: true })
  readyAt: Date | null;

  /** Of the newest event in the stream; the ETag. */
  @Column('integer')
  revision: number;
}
