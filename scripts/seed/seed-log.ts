/** Writes the data set through the deciders: every event is one that its rules have allowed. */
import { customerDecider } from '#apps/customer/src/domain/customer.decider.js';
import { userDecider } from '#apps/identity/src/domain/user.decider.js';
import { approvalDecider } from '#apps/opportunity/src/domain/approval.decider.js';
import { dealDecider } from '#apps/opportunity/src/domain/deal.decider.js';
import { meetingDecider } from '#apps/sales-activity/src/domain/meeting.decider.js';
import { taskDecider } from '#apps/sales-activity/src/domain/task.decider.js';
import { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { Committed } from '#libs/event-sourcing/src/command.js';
import { CommandHandler } from '#libs/event-sourcing/src/command-handler.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import { CommandRefused, RevisionMismatch } from '#libs/event-sourcing/src/errors.js';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import type { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { StateCache } from '#libs/event-sourcing/src/state-cache.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { eventUpcasters } from '#libs/events/src/upcasters.js';
import type { SeedOptions } from './context.js';
import type { SignIns } from './sign-ins.js';
import { customerIdOf, storyOf } from './story.js';
import { teamOf } from './team.js';
import type { Act, Strand } from './telling.js';

/** How many there are of each, and how many of the events are new. */
export interface SeedResult {
  readonly customers: number;
  readonly users: number;
  readonly meetings: number;
  readonly tasks: number;
  readonly deals: number;
  readonly approvals: number;
  /** Of all of them in the log; `added` of these were not there before. */
  readonly events: number;
  readonly added: number;
  /** Of customers that people had changed before this came to it: what they did stands, and so much was not told. */
  readonly leftOut: number;
}

/** As many as the store answers together; more only wait in memory. */
const customersAtOnce = 96;
const reportEveryMs = 5_000;

/**
 * Makes what is not there yet; broken off at any moment, the next run goes on.
 * @param signIns lets the users sign in
 * @param report takes a line on how far it is, every few seconds
 * @throws EventStoreUnavailable, SubjectKeysUnavailable
 */
export async function seedLog(
  store: EventStore,
  options: SeedOptions,
  signIns: Pick<SignIns, 'prepare'>,
  report: (line: string) => void,
): Promise<SeedResult> {
  const schemas = new EventSchemas(eventCatalogue, eventUpcasters);
  // A story is told once, so what it has written needs no place for long.
  const cache = new StateCache({ streams: 2_000, events: 20_000 });
  const handlers = {
    user: new CommandHandler(userDecider, store, schemas, cache),
    customer: new CommandHandler(customerDecider, store, schemas, cache),
    meeting: new CommandHandler(meetingDecider, store, schemas, cache),
    task: new CommandHandler(taskDecider, store, schemas, cache),
    deal: new CommandHandler(dealDecider, store, schemas, cache),
    approval: new CommandHandler(approvalDecider, store, schemas, cache),
  };
  /** @param known events that the story has made in the stream before */
  const carryOut = (act: Act, known: number): Promise<Committed> => {
    switch (act.kind) {
      case 'customer': {
        // Only a customer as the story left them: what it says of the whole record would undo what people changed.
        const context = { ...act.command.context, expectedRevision: known - 1 };
        return handlers.customer.execute({ ...act.command, context });
      }
      case 'meeting':
        return handlers.meeting.execute(act.command);
      case 'task':
        return handlers.task.execute(act.command);
      case 'deal':
        return handlers.deal.execute(act.command);
      case 'approval':
        return handlers.approval.execute(act.command);
      default:
        return unreachable(act);
    }
  };

  const before = await store.head();
  const counts = { customer: 0, user: 0, meeting: 0, task: 0, deal: 0, approval: 0, events: 0, added: 0, leftOut: 0 };
  /** Counts what a command has left in its stream, which had `known` events before. */
  const count = (kind: Act['kind'] | 'user', { revision, position }: Committed, known: number): number => {
    const events = revision + 1 - known;
    counts.events += events;
    // What stood in the log when this began is answered with its old position.
    if (position > before) counts.added += events;
    if (known === 0) counts[kind]++;
    return revision + 1;
  };
  /** Answers how many events its stream has then, and whether nothing of it is new. */
  const tell = async (strand: Strand, known = 0): Promise<{ readonly known: number; readonly isOld: boolean }> => {
    let isOld = true;
    for (const [index, act] of strand.entries()) {
      try {
        const committed = await carryOut(act, known);
        isOld &&= committed.position <= before;
        known = count(act.kind, committed, known);
      } catch (error) {
        if (!(error instanceof CommandRefused || error instanceof RevisionMismatch)) throw error;
        counts.leftOut += strand.length - index;
        break;
      }
    }
    return { known, isOld };
  };
  const aggregates = new Aggregates(store, schemas);
  const standingOf = async (customerId: string): Promise<'active' | 'deleted'> => {
    const { status } = await aggregates.load(customerDecider, customerId);
    return status === 'active' ? 'active' : 'deleted';
  };

  const team = teamOf(options);
  await sideBySide(team.commands.length, 16, async (index) => {
    const command = team.commands[index]!;
    await signIns.prepare(command);
    count('user', await handlers.user.execute(command), 0);
  });
  const started = performance.now();
  let done = 0;
  const progress = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    report(`${done} of ${options.customers} customers, ${Math.round(counts.events / seconds)} events/s`);
  }, reportEveryMs);
  try {
    await sideBySide(options.customers, customersAtOnce, async (number) => {
      const { first, then, last } = storyOf(options, team, number);
      const { known, isOld } = await tell(first);
      // Somebody may have deleted who was there before, and nothing more happens with them then.
      const standing = isOld && then.length > 0 ? await standingOf(customerIdOf(options.seed, number)) : 'active';
      const rest = standing === 'active' ? then : storyOf(options, team, number, standing).then;
      await Promise.all(rest.map((strand) => tell(strand)));
      await tell(last, known);
      done++;
    });
  } finally {
    clearInterval(progress);
  }
  const { customer, user, meeting, task, deal, approval, events, added, leftOut } = counts;
  return {
    customers: customer,
    users: user,
    meetings: meeting,
    tasks: task,
    deals: deal,
    approvals: approval,
    events,
    added,
    leftOut,
  };
}

/** Works on the numbers below `count`, in order, so many at a time. Ends at the first failure. */
async function sideBySide(count: number, atOnce: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    try {
      while (next < count) await work(next++);
    } catch (error) {
      next = count;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
