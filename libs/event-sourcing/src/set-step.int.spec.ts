/** Steps that change many rows at once: exact in their order against the steps that name their rows. */
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventTable } from '#libs/events/src/event-table.js';
import { type TestDatabase, createTestDatabase } from '#libs/testing/src/database.js';
import { type EventStoreServer, startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { projected, recorded, testContext } from '#libs/testing/src/given.js';
import type { DomainEvent, RecordedEvent } from './event.js';
import { EventSchemas } from './event-schemas.js';
import { freshId } from './ids.js';
import { type Projection, type RowsChange, projection } from './projection.js';
import { ReadModelTable, writeRows } from './read-model-table.js';
import { filling, rebuild } from './rebuild.js';
import { type SpecRunner, startRunner } from './spec-runner.js';
import { verify } from './verify.js';

interface TicketEvents {
  'ticket.opened': { readonly ticketId: string; readonly owner: string; readonly urgent: boolean };
  'ticket.noted': { readonly ticketId: string; readonly note: string };
  'ticket.closed': { readonly ticketId: string };
  'owner.renamed': { readonly from: string; readonly to: string };
  'owner.left': { readonly owner: string };
}
type TicketEvent = { [Type in keyof TicketEvents]: DomainEvent<Type, TicketEvents[Type]> }[keyof TicketEvents];

const ticketTable: EventTable<TicketEvents> = {
  'ticket.opened': { version: 1, description: 'A ticket was opened.' },
  'ticket.noted': { version: 1, description: 'Somebody wrote a note.' },
  'ticket.closed': { version: 1, description: 'A ticket was closed.' },
  'owner.renamed': { version: 1, description: 'An owner has another name.' },
  'owner.left': { version: 1, description: 'An owner left, and the tickets with them.' },
};
const schemas = new EventSchemas(ticketTable);

@Entity({ name: 'ticket_list', synchronize: false })
@Index(['owner'])
class TicketRow {
  @PrimaryColumn('text', { name: 'ticket_id' }) ticketId: string;
  @Column('text', { name: 'owner_name' }) owner: string;
  @Column('boolean') urgent: boolean;
  @Column('jsonb') notes: readonly string[];
  @Column('timestamptz', { name: 'renamed_at', nullable: true }) renamedAt: Date | null;
  @Column('bigint') changes: string;
}

const byTicket = { keys: ({ data }: { readonly data: { readonly ticketId: string } }) => [data.ticketId] };

const ticketList = projection<TicketRow, TicketEvents>({
  name: 'ticket_list',
  version: 1,
  entity: TicketRow,
  on: {
    'ticket.opened': {
      ...byTicket,
      evolve: (_row, { data }) => ({ ...data, notes: [], renamedAt: null, changes: '0' }),
    },
    'ticket.noted': {
      ...byTicket,
      evolve: (row, { data }) =>
        row && { ...row, notes: [...row.notes, `${row.owner}: ${data.note}`], changes: `${BigInt(row.changes) + 1n}` },
    },
    'ticket.closed': { ...byTicket, evolve: () => undefined },
    'owner.renamed': {
      many: ({ data: { from, to }, metadata }) =>
        from === to
          ? undefined
          : {
              where: { owner: from, urgent: false },
              set: { owner: to, notes: [`once ${from}`], renamedAt: new Date(metadata.occurredAt), changes: '7' },
            },
    },
    'owner.left': { many: ({ data }) => ({ where: { owner: data.owner }, remove: true }) },
  },
});

let server: EventStoreServer;
let testDatabase: TestDatabase;
let runner: SpecRunner;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startEventStoreServer();
});

beforeEach(async () => {
  testDatabase = await createTestDatabase('kernel');
  runner = await startRunner({ database: testDatabase.url, eventStore: server.url, projected: ticketList, schemas });
});

afterEach(async () => {
  await runner.close();
  await testDatabase.drop();
});

afterAll(async () => {
  await server.stop();
  Logger.overrideLogger(new Logger());
});

const dependencies = () => ({ database: runner.database, store: runner.store, schemas });
const rows = (): Promise<TicketRow[]> => runner.database.getRepository(TicketRow).find({ order: { ticketId: 'ASC' } });

/** Few names, so that events meet the same rows again and again. */
const name = fc.constantFrom('Sato', "O'Hara", 'Suzuki', '');
const ticketId = fc.constantFrom('t1', 't2', 't3', 't4', 't5');
const anyEvent: fc.Arbitrary<TicketEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('ticket.opened'),
      data: fc.record({ ticketId, owner: name, urgent: fc.boolean() }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('ticket.noted'), data: fc.record({ ticketId, note: name }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ticket.closed'), data: fc.record({ ticketId }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('owner.renamed'), data: fc.record({ from: name, to: name }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('owner.left'), data: fc.record({ owner: name }) }) },
);

async function append(events: readonly TicketEvent[]): Promise<void> {
  const metadata = { ...testContext({ commandId: freshId() }), schemaVersion: 1 };
  const drafts = events.map((event) => ({ ...event, id: freshId(), metadata }));
  await runner.store.append(`ticket-${freshId()}`, drafts, -1);
}

async function writeInBatches(
  table: ReadModelTable<TicketRow>,
  events: readonly RecordedEvent[],
  sizes: readonly number[],
): Promise<void> {
  const left = [...events];
  for (let batch = 0; left.length > 0; batch++) {
    const part = left.splice(0, sizes[batch % sizes.length]);
    await runner.database.transaction((manager) => writeRows(ticketList, table, part, manager));
  }
}

describe('set-based steps', () => {
  it('leave the rows of one event a time, in batches of any size', async () => {
    const [batched, single] = [9001, 9002].map((number) => new ReadModelTable(runner.database, ticketList, number));
    if (!batched || !single) throw new Error('There are two tables.');
    const { manager } = runner.database;
    for (const table of [batched, single]) await table.create(manager);
    let renamed = 0;

    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
        async (history, sizes) => {
          const events = recorded(history);
          for (const table of [batched, single]) await manager.query(`truncate "${table.name}"`);
          await writeInBatches(batched, events, sizes);
          await writeInBatches(single, events, [1]);

          expect(await batched.differences(single, 5, manager)).toMatchObject({ differing: 0, differences: [] });
          const stand = await batched.load(['t1', 't2', 't3', 't4', 't5'], manager);
          expect(Object.fromEntries(stand)).toEqual(projected(ticketList, events));
          renamed += [...stand.values()].filter((row) => row?.renamedAt).length;
        },
      ),
      { numRuns: 100 },
    );
    // The histories were not such that nothing happens.
    expect(renamed).toBeGreaterThan(0);
  });

  it('change rows of any number, and no others', async () => {
    const opened = Array.from({ length: 30 }, (_, n): TicketEvent => {
      return {
        type: 'ticket.opened',
        data: { ticketId: `t${n}`, owner: n % 3 === 0 ? 'Suzuki' : 'Sato', urgent: false },
      };
    });
    await append([
      ...opened,
      { type: 'owner.renamed', data: { from: 'Sato', to: 'Tanaka' } },
      { type: 'ticket.noted', data: { ticketId: 't1', note: 'after' } },
      { type: 'owner.left', data: { owner: 'Suzuki' } },
    ]);
    await eventually(async () => expect(await rows()).toHaveLength(20));
    const changed = { owner: 'Tanaka', renamedAt: new Date('2026-01-05T09:00:00.000Z'), changes: '7' };
    for (const row of await rows()) {
      const notes = row.ticketId === 't1' ? ['once Sato', 'Tanaka: after'] : ['once Sato'];
      expect(row).toMatchObject({ ...changed, notes, ...(row.ticketId === 't1' && { changes: '8' }) });
    }
  });

  it('leave the same rows when the read model is made anew while they come in', async () => {
    const [history] = fc.sample(fc.array(anyEvent, { minLength: 200, maxLength: 200 }), { numRuns: 1, seed: 20260105 });
    const over = new AbortController();
    const writing = (async () => {
      for (const event of history ?? []) await append([event]);
      over.abort();
    })();
    let compared = 0;
    while (!over.signal.aborted) {
      await rebuild(ticketList, dependencies());
      expect(await verify(ticketList, dependencies())).toMatchObject({ differing: 0, differences: [] });
      compared++;
    }
    await writing;

    await append([{ type: 'ticket.opened', data: { ticketId: 'last', owner: 'Last', urgent: true } }]);
    await eventually(async () => expect(await rows()).toContainEqual(expect.objectContaining({ ticketId: 'last' })));
    expect(await verify(ticketList, dependencies())).toMatchObject({ differing: 0, differences: [] });
    expect(compared).toBeGreaterThan(0);
    expect(runner.loop.status.state).toBe('running');
  });

  it('find their rows by index in a table that is being filled', async () => {
    await append([
      { type: 'ticket.opened', data: { ticketId: 'indexed', owner: 'Sato', urgent: false } },
      { type: 'owner.renamed', data: { from: 'Sato', to: 'Tanaka' } },
    ]);
    const indices = await filling(ticketList, dependencies(), async ({ table, fillTo }) => {
      await fillTo(await runner.store.head());
      return runner.database.query<{ indexdef: string }[]>('select indexdef from pg_indexes where tablename = $1', [
        table.name,
      ]);
    });
    expect(indices.map(({ indexdef }) => indexdef)).toContainEqual(expect.stringContaining('(owner_name)'));
  });

  it.each<[string, RowsChange<TicketRow>, string]>([
    ['without a condition', { where: {}, remove: true }, 'names no column, or one without value, in where'],
    ['without a change', { where: { owner: 'Sato' }, set: {} }, 'names no column, or one without value, in set'],
    [
      'with a value that is missing',
      { where: { owner: undefined } as unknown as { owner: string }, remove: true },
      'names no column, or one without value, in where',
    ],
    ['of the primary column', { where: { owner: 'Sato' }, set: { ticketId: 'x' } }, 'sets the primary column'],
    [
      'of a column that is not there',
      { where: { owner: 'Sato' }, set: { price: 3 } as unknown as { urgent: boolean } },
      'TicketRow has no column price.',
    ],
  ])('stop a projection that is declared %s', async (_how, change, problem) => {
    const wrong: Projection<TicketRow> = {
      ...ticketList,
      steps: new Map(ticketList.steps).set('owner.left', { many: () => change }),
    };
    const table = new ReadModelTable(runner.database, wrong, 9001);
    await table.create(runner.database.manager);
    const events = recorded([{ type: 'owner.left', data: { owner: 'Sato' } }]);
    await expect(writeRows(wrong, table, events, runner.database.manager)).rejects.toThrow(problem);
  });
});
