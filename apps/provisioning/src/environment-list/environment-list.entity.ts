import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnvironmentStep, FailureClass } from '#libs/events/src/provisioning.js';
import type { ApprovalQuestion } from '../domain/approval.js';
import type { EnvironmentMode, EnvironmentStatus } from '../domain/environment.js';

/** A step as people follow it: `ms` is there once it is done, from its first try on. */
export interface StepRecord {
  readonly name: EnvironmentStep;
  readonly startedAt: string;
  readonly tries: number;
  readonly ms?: number;
}

export interface Attention {
  readonly step: EnvironmentStep;
  readonly class: FailureClass;
  readonly tried?: readonly string[];
  readonly object?: string;
  readonly reason: string;
  readonly whatToDo: string;
}

@Index(['status', 'step', 'since'])
@Entity({ name: 'environment_list', synchronize: false, comment: 'One row for each environment as it stands.' })
export class EnvironmentRow {
  @PrimaryColumn('uuid', { name: 'environment_id', comment: 'Id of the environment.' })
  environmentId: string;

  @Index()
  @Column('uuid', { name: 'contract_id', comment: 'The contract that it belongs to.' })
  contractId: string;

  @Column('text', { name: 'external_id', comment: 'Id of the contract in the CRM.' })
  externalId: string;

  @Column('text', { name: 'company_name', comment: 'Name of the contracting company. Personal.' })
  companyName: string;

  @Column('text', { comment: 'Plan of the catalogue.' })
  plan: string;

  @Column('text', { comment: 'Region in which it runs.' })
  region: string;

  @Column('text', { name: 'storage_quota', comment: 'Storage with its unit, like 10Gi.' })
  storageQuota: string;

  @Column('integer', { name: 'user_limit', comment: 'How many users the plan is for.' })
  userLimit: number;

  @Index()
  @Column('text', { comment: 'What it is or is doing; see the README of provisioning.' })
  status: EnvironmentStatus;

  @Column('text', { nullable: true, comment: 'The step that was begun last; null where none is due.' })
  step: EnvironmentStep | null;

  @Column('timestamptz', { comment: 'Since when it has had this status and step.' })
  since: Date;

  @Column('text', { comment: 'What it is to be: running, suspended or retired.' })
  mode: EnvironmentMode;

  @Index()
  @Column('text', {
    name: 'cluster_id',
    nullable: true,
    comment: 'The cluster that was chosen for it; null before it is planned for the first time.',
  })
  clusterId: string | null;

  @Column('text', { comment: 'Where the customer opens it.' })
  url: string;

  @Column('text', { comment: 'Its namespace on the cluster.' })
  namespace: string;

  @Column('text', { comment: "Sign-in name of the customer's administrator. Personal." })
  administrator: string;

  @Column('jsonb', { comment: 'The steps so far, as name, startedAt, tries and, once done, ms.' })
  steps: readonly StepRecord[];

  @Column('integer', { name: 'objects_planned', comment: 'Kubernetes objects that the plan has.' })
  objectsPlanned: number;

  @Column('integer', { name: 'objects_applied', comment: 'Kubernetes objects that were applied.' })
  objectsApplied: number;

  @Column('jsonb', { nullable: true, comment: 'Where it stopped, why and what to do; null unless it needs attention.' })
  attention: Attention | null;

  @Column('jsonb', { nullable: true, comment: 'What somebody has to approve before it is applied; null when nothing.' })
  approval: ApprovalQuestion | null;

  @Index()
  @Column('text', {
    name: 'failure_class',
    nullable: true,
    comment: 'transient, configuration, resource_shortage or application; null while nothing is wrong.',
  })
  failureClass: FailureClass | null;

  @Column('timestamptz', {
    name: 'next_try_at',
    nullable: true,
    comment: 'When a failed step is tried again, or it is looked again whether there is room; null when neither.',
  })
  nextTryAt: Date | null;

  @Index()
  @Column('timestamptz', { name: 'requested_at', comment: 'When it was requested.' })
  requestedAt: Date;

  @Column('timestamptz', { name: 'ready_at', nullable: true, comment: 'When it was ready; null before.' })
  readyAt: Date | null;

  @Column('timestamptz', {
    name: 'delete_at',
    nullable: true,
    comment: 'When its data is deleted, or was; null while nothing of that is settled.',
  })
  deleteAt: Date | null;

  /** Of the newest event in the stream; the ETag. */
  @Column('integer', { comment: 'Number of the newest event in the stream of the environment, from 0.' })
  revision: number;
}
