import type { CustomerCommand } from '#apps/customer/src/domain/customer-commands.js';
import type { ApprovalCommand } from '#apps/opportunity/src/domain/approval-commands.js';
import type { DealCommand } from '#apps/opportunity/src/domain/deal.js';
import type { MeetingCommand } from '#apps/sales-activity/src/domain/meeting.js';
import type { TaskCommand } from '#apps/sales-activity/src/domain/task.js';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import type { Actor } from '#libs/event-sourcing/src/event.js';
import type { Random } from '../faults/random.js';

export type Act =
  | { readonly kind: 'customer'; readonly command: CustomerCommand }
  | { readonly kind: 'meeting'; readonly command: MeetingCommand }
  | { readonly kind: 'task'; readonly command: TaskCommand }
  | { readonly kind: 'deal'; readonly command: DealCommand }
  | { readonly kind: 'approval'; readonly command: ApprovalCommand };

/** Commands to one aggregate, one after the other. */
export type Strand = readonly Act[];

export interface Story {
  /** Before everything else. */
  readonly first: Strand;
  /** Side by side. */
  readonly then: readonly Strand[];
  /** After everything else. */
  readonly last: Strand;
}

/** A customer while their story is told. */
export interface Telling {
  readonly customerId: string;
  /** How the log has them when the story is told: what people did to them meanwhile stands. */
  readonly standing: 'active' | 'deleted';
  /** Who looks after them; somebody of the team where nobody does. */
  readonly sales: Actor;
  readonly manager: Actor;
  readonly random: Random;
  /** An instant between two, which are numbers of days before the end; at working hours in Japan. */
  readonly between: (daysAgo: number, until: number) => string;
  /** How many days ago the customer came. */
  readonly since: number;
  /** When the data set ends, in milliseconds since 1970. */
  readonly end: number;
  /** Context of the next command; `place` tells it from the customer's others. */
  readonly asked: (by: Actor, at: string, ...place: readonly (string | number)[]) => CommandContext;
}
