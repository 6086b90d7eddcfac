import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const timelineKinds = ['customer', 'meeting', 'task', 'approval', 'deal'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/** Something that happened to a customer, in whichever context. */
@Entity({
  name: 'customer_timeline',
  synchronize: false,
  comment: 'One row for each event of any context that tells of a customer.',
})
@Index(['customerId', 'at', 'place'])
@Index(['customerId', 'kind', 'at', 'place'])
@Index(['writtenOf', 'at', 'place'])
export class TimelineRow {
  /** What one command did happened in one instant; people see it in the order of the log all the same. */
  @PrimaryColumn('text', { comment: 'Place of the event in the log.' }) place: string;
  @Column('uuid', { comment: 'Id of the event.' }) id: string;
  @Column({ name: 'customer_id', type: 'text', comment: 'Id of the customer; after a merge of the one who stayed.' })
  customerId: string;
  @Column({ name: 'written_of', type: 'text', comment: 'Id of the customer whom the event names.' }) writtenOf: string;
  @Column('timestamptz', { comment: 'When it happened.' }) at: Date;
  @Column({ name: 'event_type', type: 'text', comment: 'Type of the event.' }) eventType: string;
  @Column('text', { comment: 'customer, meeting, task, approval or deal.' }) kind: TimelineKind;
  @Column({ name: 'subject_id', type: 'text', comment: 'Id of the customer, meeting, task, approval or deal.' })
  subjectId: string;
  @Column('text', { nullable: true, comment: 'Its title, summary or comment, where the event says one. Personal.' })
  text: string | null;
  @Column({ name: 'actor_id', type: 'text', comment: 'Id of who did it.' }) actorId: string;
  @Column({ name: 'actor_role', type: 'text', comment: 'Role of who did it.' }) actorRole: string;
}
