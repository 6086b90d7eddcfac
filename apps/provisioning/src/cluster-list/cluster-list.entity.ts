import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ClusterConnection } from '#libs/events/src/provisioning.js';
import type { ClusterStatus } from '../domain/cluster.js';

@Entity({ name: 'cluster_list', synchronize: false, comment: 'One row for each cluster that environments stand on.' })
export class ClusterRow {
  @PrimaryColumn('text', { comment: 'Id of the cluster, a short name.' })
  id: string;

  @Column('text', { comment: 'What people call it.' })
  name: string;

  @Column('text', { comment: 'open, cordoned or draining.' })
  status: ClusterStatus;

  @Column('jsonb', { comment: 'Regions that it serves; every region when there is none.' })
  regions: readonly string[];

  @Column('integer', { nullable: true, comment: 'How many environments fit on it; null without a limit.' })
  capacity: number | null;

  @Column('uuid', {
    name: 'dedicated_to',
    nullable: true,
    comment: 'The one environment that may stand there; null when any may.',
  })
  dedicatedTo: string | null;

  @Column('text', { comment: 'How it is reached: kubeconfig, in_cluster or process.' })
  via: ClusterConnection['via'];

  @Column('text', { nullable: true, comment: 'Origin of its API server, where a kubeconfig was given.' })
  server: string | null;

  @Column('text', { name: 'cordon_reason', nullable: true, comment: 'Why it is cordoned, where somebody said so.' })
  cordonReason: string | null;

  @Column('timestamptz', { name: 'cordoned_at', nullable: true, comment: 'Since when; null while it is open.' })
  cordonedAt: Date | null;

  @Column('timestamptz', { name: 'added_at', comment: 'When it was added.' })
  addedAt: Date;

  /** Of the newest event in the stream; the ETag. */
  @Column('integer', { comment: 'Number of the newest event in the stream of the cluster, from 0.' })
  revision: number;
}
