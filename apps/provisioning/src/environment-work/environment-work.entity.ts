import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';

/** What is due next in an environment that is being worked on; finished and stopped ones have no row. */
@Entity({
  name: 'environment_work',
  synchronize: false,
  comment: 'One row for each environment that is being worked on.',
})
export class EnvironmentWork {
  @PrimaryColumn('uuid', { name: 'environment_id', comment: 'Id of the environment.' })
  environmentId: string;

  @Column('text', { comment: 'The step that is due next.' })
  step: EnvironmentStep;

  @Column('integer', { comment: 'Number of the next try of the step, from 1.' })
  number: number;

  @Index()
  @Column('timestamptz', {
    name: 'due_at',
    comment: 'When that try may start: at once, or when the lease of the one before has run out.',
  })
  dueAt: Date;

  @Column('text', { name: 'correlation_id', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
