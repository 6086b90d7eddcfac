import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How the work on an environment ended, for rates and times. */
@Entity({
  name: 'environment_builds',
  synchronize: false,
  comment: 'One row for each environment: how long it took to be ready first, and how its work ended last.',
})
export class EnvironmentBuild {
  @PrimaryColumn('uuid', { name: 'environment_id', comment: 'Id of the environment.' })
  environmentId: string;

  @Column('text', { comment: 'Plan of the catalogue.' })
  plan: string;

  @Column('text', { comment: 'Region in which it runs.' })
  region: string;

  @Column('timestamptz', { name: 'requested_at', comment: 'When it was requested.' })
  requestedAt: Date;

  @Index()
  @Column('timestamptz', { name: 'built_at', nullable: true, comment: 'When it was ready first; null before.' })
  builtAt: Date | null;

  @Column('integer', {
    name: 'build_seconds',
    nullable: true,
    comment: 'From the request until it was ready first, with all waiting; null before.',
  })
  buildSeconds: number | null;

  @Index()
  @Column('timestamptz', {
    name: 'succeeded_at',
    nullable: true,
    comment: 'When work on it last came to a good end; null before.',
  })
  succeededAt: Date | null;

  @Index()
  @Column('timestamptz', {
    name: 'failed_at',
    nullable: true,
    comment: 'When it last came to need attention, or null.',
  })
  failedAt: Date | null;
}
