import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';

/** What is due next in an environment that is being worked on; finished and stopped ones have no row. */
@Entity({ name: 'environment_work', synchronize: false })
export class EnvironmentWork {
  @PrimaryColumn('uuid', { name: 'environment_id' })
  environmentId: string;

  @Column('text')
  step: EnvironmentStep;

  /** Number of the next try of the step. */
  @Column('integer')
  number: number;

  /** When that try may start: at once, or when the lease of the one before has run out. */
  @Index()
  @Column('timestamptz', { name: 'due_at' })
  dueAt: Date;

  @Column('text', { name: 'correlation_id' })
  correlationId: string;
}
