import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';

/** What is due next in an environment; ready ones, and those that wait for an operator alone, have no row. */
@Entity({
  name: 'environment_work',
  synchronize: false,
  comment: 'One row for each environment in which something is due, now or later.',
})
export class EnvironmentWork {
  @PrimaryColumn('uuid', { name: 'environment_id', comment: 'Id of the environment.' })
  environmentId: string;

  @Column('text', { comment: 'step: the step is due. recheck: it is due to look whether there is room for it.' })
  purpose: 'step' | 'recheck';

  @Column('text', { comment: 'The step that is due next, or that waits for room.' })
  step: EnvironmentStep;

  @Column('integer', { comment: 'Number of the next try of the step, or of the next look, from 1.' })
  number: number;

  @Index()
  @Column('timestamptz', {
    name: 'due_at',
    comment: 'When that may start: at once, after a pause, or when the lease of the try before has run out.',
  })
  dueAt: Date;

  @Column('uuid', {
    nullable: true,
    comment: 'The attempt that has it in hand, or has not let go of it yet; null when nobody has.',
  })
  attempt: string | null;

  @Column('text', { name: 'correlation_id', comment: 'Joins everything that one request has caused.' })
  correlationId: string;
}
