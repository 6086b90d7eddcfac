import type { DataSource, EntityManager } from 'typeorm';
import { locked } from './checkpoints.js';
import { NewerReadModelServes, ProjectionChanged } from './errors.js';
import type { Projection } from './projection.js';
import { ReadModelTable, quoted } from './read-model-table.js';

/** One table of a read model as its checkpoint describes it. */
export interface Generation {
  readonly version: number;
  readonly generation: number;
  readonly position: bigint;
  readonly eventTypes: readonly string[];
  /** The one that readers see; the others are being filled. */
  readonly live: boolean;
}

/** The tables of one read model: the one that serves, and one that may be filling beside it. */
export class Generations<Row extends object> {
  constructor(
    private readonly database: DataSource,
    private readonly projection: Projection<Row>,
  ) {}

  async all(manager: EntityManager = this.database.manager): Promise<readonly Generation[]> {
    const rows = await manager.query<(Omit<Generation, 'position'> & { position: string })[]>(
      `select version, generation, position, event_types as "eventTypes", live from consumer_checkpoints
       where projection = $1 order by generation`,
      [this.projection.name],
    );
    return rows.map((row) => ({ ...row, position: BigInt(row.position) }));
  }

  /** Nobody moves the checkpoints of the tables until the transaction ends. */
  async lock(manager: EntityManager): Promise<void> {
    await manager.query('select from consumer_checkpoints where projection = $1 order by consumer for update', [
      this.projection.name,
    ]);
  }

  async live(manager?: EntityManager): Promise<Generation | undefined> {
    return (await this.all(manager)).find(({ live }) => live);
  }

  table({ generation }: Pick<Generation, 'generation'>): ReadModelTable<Row> {
    return new ReadModelTable(this.database, this.projection, generation);
  }

  /** A read model that never was gets its table and its view at once, so that readers find it empty. */
  async createFirst(): Promise<void> {
    await locked(this.database, async (manager) => {
      if ((await this.all(manager)).some(({ live }) => live)) return;
      const table = await this.add(manager, true);
      await table.createIndices(manager);
      await table.serve(manager);
    });
  }

  /**
   * The table that serves, when it is of this program's version.
   * @throws NewerReadModelServes when a newer program made it
   * @returns undefined when it is of an older version and this program has to fill its own first
   */
  async current(): Promise<ReadModelTable<Row> | undefined> {
    const live = await this.live();
    if (!live) throw new Error(`No table serves ${this.projection.name}.`);
    const { name, version } = this.projection;
    if (live.version > version) throw new NewerReadModelServes(name, version, live.version);
    return live.version === version ? this.table(live) : undefined;
  }

  /** @throws ProjectionChanged when event types or columns changed and the version did not */
  async demandUnchanged(): Promise<void> {
    const live = await this.live();
    const { name, version, steps } = this.projection;
    if (live?.version !== version) return;
    const [more, fewer] = [
      [...steps.keys()].filter((type) => !live.eventTypes.includes(type)),
      live.eventTypes.filter((type) => !steps.has(type)),
    ];
    if (more.length + fewer.length > 0) {
      const changes = [...more.map((type) => `reads ${type} now`), ...fewer.map((type) => `reads ${type} no more`)];
      throw new ProjectionChanged(name, version, changes.join(', '));
    }
    await this.table(live).demandSameColumns();
  }

  /** Adds a table with its checkpoint at the beginning of the log. Call it under the lock of the kernel's tables. */
  async add(manager: EntityManager, live: boolean): Promise<ReadModelTable<Row>> {
    const { name, version, steps } = this.projection;
    const [row] = await manager.query<{ next: number }[]>(
      `select 1 + greatest(
         (select max(generation) from consumer_checkpoints where projection = $1),
         (select max(substring(relname from '_g([0-9]+)$')::integer) from pg_class
          where relkind = 'r' and relname ~ ('^' || $1 || '_v[0-9]+_g[0-9]+$')), 0) as next`,
      [name],
    );
    const table = this.table({ generation: row?.next ?? 1 });
    await table.create(manager);
    await manager.query(
      `insert into consumer_checkpoints (consumer, position, projection, version, generation, event_types, live)
       values ($1, -1, $2, $3, $4, $5, $6)`,
      [table.name, name, version, table.generation, [...steps.keys()].toSorted(), live],
    );
    return table;
  }

  /** Drops a table with its checkpoint. */
  async drop({ version, generation }: Generation, manager: EntityManager): Promise<void> {
    const table = `${this.projection.name}_v${version}_g${generation}`;
    await manager.query('delete from consumer_checkpoints where consumer = $1', [table]);
    await manager.query(`drop table if exists ${quoted(table)}`);
  }
}
