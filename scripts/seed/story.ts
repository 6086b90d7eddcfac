/** What happens to one customer of the data set, as commands in the order in which they come. */
import {
  CreateCustomer,
  type CustomerCommand,
  DeleteCustomer,
  UpdateCustomer,
} from '#apps/customer/src/domain/customer-commands.js';
import { CreateMeeting } from '#apps/sales-activity/src/domain/meeting.js';
import { ChangeTaskStatus, CreateTask } from '#apps/sales-activity/src/domain/task.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';
import type { CustomerRecord } from '#libs/events/src/customer.js';
import { weighted } from '../faults/random.js';
import { contextOf, type SeedOptions, seeder } from './context.js';
import { dealsOf } from './deals.js';
import { pick, randomOf, recordOf, relativeOf } from './people.js';
import { salesPersonFor, type Team } from './team.js';
import type { Story, Strand, Telling } from './telling.js';

const dayMs = 86_400_000;
const longestDays = 5 * 365;

export function customerIdOf(seed: number, number: number): string {
  return stableId('customer', contextOf(seed, seeder, '', 'customer', number, 'created').commandId);
}

/** @param standing of the customer, where they were written down before */
export function storyOf(
  options: SeedOptions,
  team: Team,
  number: number,
  standing: Telling['standing'] = 'active',
): Story {
  const { seed } = options;
  const random = randomOf(seed, 4, number);
  const end = Date.parse(`${options.until}T00:00:00Z`);
  const between: Telling['between'] = (daysAgo, until) => {
    const day = Math.floor(until + random() * Math.max(0, daysAgo - until));
    // From nine to six in Japan, on the day before at the latest.
    return new Date(end - (day + 1) * dayMs + Math.floor(random() * 9 * 3_600_000)).toISOString();
  };
  const telling: Telling = {
    customerId: customerIdOf(seed, number),
    standing,
    sales: salesPersonFor(random, team),
    manager: pick(random, team.managers),
    random,
    between,
    // More of them came lately.
    since: Math.floor(1 + random() ** 1.4 * longestDays),
    end,
    asked: (by, at, ...place) => contextOf(seed, by, at, 'customer', number, ...place),
  };
  const record = recordOf(seed, number);
  const relative = relativeOf(number);
  // They share a telephone, and somebody has looked.
  const differsFrom = relative !== undefined && record.phone !== null ? [customerIdOf(seed, relative)] : [];
  const first = customer(telling, record, differsFrom);
  if (options.customersOnly) return { first, then: [], last: [] };
  return { first, then: [...meetings(telling), ...tasks(telling), ...dealsOf(telling)], last: farewell(telling) };
}

/** Few go, after all else that happens. What goes with them is for the policies to say. */
function farewell({ customerId, manager, random, end, asked }: Telling): Strand {
  if (random() >= 0.005) return [];
  const command = new DeleteCustomer(customerId, {}, asked(manager, new Date(end - 1).toISOString(), 'deleted'));
  return [{ kind: 'customer', command }];
}

function customer(telling: Telling, record: CustomerRecord, differsFrom: readonly string[]): Strand {
  const { customerId, sales, random, between, since, asked } = telling;
  const isAssigned = random() >= 0.06;
  const data = {
    record,
    assignedSalesId: isAssigned ? sales.id : null,
    ...(differsFrom.length > 0 && { differsFrom }),
  };
  const created = asked(isAssigned ? sales : seeder, between(since, since), 'created');
  const acts: CustomerCommand[] = [new CreateCustomer(customerId, data, created)];
  if (random() < 0.2) {
    const changed = { ...record, note: 'お電話で近況を伺った。半年後に改めてご連絡する。' };
    acts.push(new UpdateCustomer(customerId, { record: changed }, asked(sales, between(since - 1, 0), 'updated')));
  }
  return acts.map((command) => ({ kind: 'customer', command }));
}

const summaries = [
  '初回面談。ご資産の状況とご希望を伺った。',
  '運用状況のご報告。配分の見直しを提案した。',
  'NISA口座の開設手続きをご案内した。',
  '満期を迎える債券の乗り換えについて相談を受けた。',
  'ご家族を交えて相続の準備について話した。',
];
const locations = ['本店応接室', 'お客さまのご自宅', 'オンライン', '支店窓口', null];

function partiesOf({ standing }: Telling): CreateTask['data']['parties'] {
  return { customer: { is: standing }, user: 'active' };
}

function meetings(telling: Telling): Strand[] {
  const { customerId, sales, random, between, since, asked } = telling;
  const count = Number(weighted(random, { 0: 50, 1: 27, 2: 15, 3: 6, 5: 2 }));
  return Array.from({ length: count }, (_, index) => {
    const date = between(since, 0);
    const context = asked(sales, date, 'meeting', index);
    const record = {
      customerId,
      userId: sales.id,
      date,
      summary: pick(random, summaries),
      location: pick(random, locations),
      durationMinutes: pick(random, [30, 45, 60, 90, null]),
    };
    const id = stableId('meeting', context.commandId);
    return [{ kind: 'meeting', command: new CreateMeeting(id, { record, parties: partiesOf(telling) }, context) }];
  });
}

const titles = [
  '運用報告書を送る',
  '面談の日程を調整する',
  '必要書類のご案内を郵送する',
  '為替の見通しを送る',
  '口座開設の書類を確認する',
];

/** Most are done; of the others most are due in the days to come, and some were forgotten. */
function tasks(telling: Telling): Strand[] {
  const { customerId, sales, random, between, since, asked } = telling;
  const count = Number(weighted(random, { 0: 66, 1: 24, 2: 8, 3: 2 }));
  return Array.from({ length: count }, (_, index) => {
    const isDone = random() < 0.7;
    const createdAt = between(isDone ? since : Math.min(since, 30), 0);
    const context = asked(sales, createdAt, 'task', index);
    const days = isDone || random() < 0.1 ? 3 : 20 + Math.floor(random() * 40);
    const record = {
      customerId,
      userId: sales.id,
      title: pick(random, titles),
      description: null,
      dueDate: new Date(Date.parse(createdAt) + days * dayMs).toISOString(),
      priority: weighted(random, { LOW: 20, MEDIUM: 55, HIGH: 20, URGENT: 5 }),
    };
    const id = stableId('task', context.commandId);
    const created = new CreateTask(id, { record, parties: partiesOf(telling) }, context);
    if (!isDone) return [{ kind: 'task', command: created }];
    const doneAt = new Date(Date.parse(createdAt) + Math.floor(random() * 3_600_000 * 4)).toISOString();
    const done = new ChangeTaskStatus(id, { status: 'COMPLETED' }, asked(sales, doneAt, 'task', index, 'done'));
    return [
      { kind: 'task', command: created },
      { kind: 'task', command: done },
    ];
  });
}
