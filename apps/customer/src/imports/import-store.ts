import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { SecretBox } from '#libs/secrets/src/secret-box.js';
import type { DataSource } from 'typeorm';
import type { RowError, StagedRow } from './import-rows.js';

export const rowOutcomes = ['created', 'duplicate', 'invalid'] as const;
export type RowOutcome = (typeof rowOutcomes)[number];

export interface Import {
  readonly id: string;
  /** Names its batches. Files that arrive at once under one id have each their own; that of one becomes the import. */
  readonly uploadId: string;
  readonly dryRun: boolean;
  readonly duplicates: 'skip' | 'create';
  readonly requestedBy: string;
  readonly requestedRole: string;
  readonly correlationId: string;
  readonly digest: string;
  readonly rows: number;
  readonly created: number;
  readonly duplicate: number;
  readonly invalid: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** What became of a row. In a dry run `created` says what would be. */
export interface ReportedRow {
  readonly row: number;
  readonly outcome: RowOutcome;
  readonly customerId: string | null;
  /** Customers, and rows of the same file, that it looks like. */
  readonly looksLike: { readonly customers: readonly string[]; readonly rows: readonly number[] };
  readonly errors: readonly RowError[];
}

export interface Batch {
  readonly number: number;
  readonly rows: readonly StagedRow[];
}

/** What is known of a file once it has arrived. */
export type Received = Omit<Import, 'created' | 'duplicate' | 'invalid' | 'createdAt' | 'finishedAt'>;

const columns = `id, upload_id as "uploadId", dry_run as "dryRun", duplicates, requested_by as "requestedBy", requested_role as "requestedRole",
  correlation_id as "correlationId", digest, rows, created, duplicate, invalid, created_at as "createdAt",
  finished_at as "finishedAt"`;

/** Files that are being imported, and their reports. */
@Injectable()
export class ImportStore {
  constructor(
    @Inject(getDataSourceToken('customer')) private readonly database: DataSource,
    private readonly box: SecretBox,
  ) {}

  async find(id: string): Promise<Import | undefined> {
    const [found] = await this.database.query<Import[]>(`select ${columns} from customer_imports where id = $1`, [id]);
    return found;
  }

  async nextUnfinished(without: readonly string[]): Promise<Import | undefined> {
    const [found] = await this.database.query<Import[]>(
      `select ${columns} from customer_imports where finished_at is null and id <> all($1)
       order by created_at limit 1`,
      [without],
    );
    return found;
  }

  /** Keeps a piece of a file that is still arriving. No connection is held between two pieces, however slow it is. */
  async stage(uploadId: string, { number, rows }: Batch): Promise<void> {
    const sealed = this.box.seal(JSON.stringify(rows), placeOf(uploadId, number));
    await this.database.query('insert into customer_import_batches (upload_id, number, sealed) values ($1, $2, $3)', [
      uploadId,
      number,
      sealed,
    ]);
  }

  /** The file is whole: from now on it is worked off. Answers the import that came under this id first. */
  async receive(received: Received): Promise<Import> {
    const { id, uploadId, dryRun, duplicates, requestedBy, requestedRole, correlationId, digest, rows } = received;
    const [stored] = await this.database.query<Import[]>(
      `insert into customer_imports (id, upload_id, dry_run, duplicates, requested_by, requested_role, correlation_id,
         digest, rows, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now()) on conflict (id) do nothing returning ${columns}`,
      [id, uploadId, dryRun, duplicates, requestedBy, requestedRole, correlationId, digest, rows],
    );
    return stored ?? (await this.find(id))!;
  }

  /** Forgets a file that did not arrive, or that arrived twice. */
  async discard(uploadId: string): Promise<void> {
    await this.database.query('delete from customer_import_batches where upload_id = $1', [uploadId]);
  }

  /** The same for what a crash left of files. None takes nearly as long as an hour to arrive. */
  async discardAbandoned(): Promise<void> {
    await this.database.query(
      `delete from customer_import_batches as batch where staged_at < now() - interval '1 hour'
         and not exists (select from customer_imports where upload_id = batch.upload_id)`,
    );
  }

  async batchAfter({ uploadId }: Pick<Import, 'uploadId'>, number: number): Promise<Batch | undefined> {
    const [found] = await this.database.query<{ number: number; sealed: string }[]>(
      `select number, sealed from customer_import_batches where upload_id = $1 and number > $2
       order by number limit 1`,
      [uploadId, number],
    );
    if (!found) return undefined;
    const rows = JSON.parse(this.box.open(found.sealed, placeOf(uploadId, found.number))) as StagedRow[];
    return { number: found.number, rows };
  }

  /** Notes what became of a batch. Its values go, unless a dry run needs them to begin anew after a crash. */
  async done(
    { id, uploadId, dryRun }: Pick<Import, 'id' | 'uploadId' | 'dryRun'>,
    number: number,
    report: readonly ReportedRow[],
  ): Promise<void> {
    const count = (outcome: RowOutcome): number => report.filter((row) => row.outcome === outcome).length;
    await this.database.transaction(async (manager) => {
      await manager.query(
        `insert into customer_import_rows (import_id, row, outcome, customer_id, looks_like, errors)
         select $1, row, outcome, "customerId", "looksLike", errors from jsonb_to_recordset($2::jsonb)
           as report(row integer, outcome text, "customerId" uuid, "looksLike" jsonb, errors jsonb)`,
        [id, JSON.stringify(report)],
      );
      await manager.query(
        `update customer_imports set created = created + $2, duplicate = duplicate + $3, invalid = invalid + $4
         where id = $1`,
        [id, count('created'), count('duplicate'), count('invalid')],
      );
      if (dryRun) return;
      await manager.query('delete from customer_import_batches where upload_id = $1 and number = $2', [
        uploadId,
        number,
      ]);
    });
  }

  async beginAnew(id: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query('delete from customer_import_rows where import_id = $1', [id]);
      await manager.query('update customer_imports set created = 0, duplicate = 0, invalid = 0 where id = $1', [id]);
    });
  }

  async finish({ id, uploadId }: Pick<Import, 'id' | 'uploadId'>): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query('delete from customer_import_batches where upload_id = $1', [uploadId]);
      await manager.query('update customer_imports set finished_at = now() where id = $1', [id]);
    });
  }

  async report(
    id: string,
    {
      outcome,
      after,
      limit,
    }: { readonly outcome?: RowOutcome | undefined; readonly after: number; readonly limit: number },
  ): Promise<readonly ReportedRow[]> {
    return this.database.query<ReportedRow[]>(
      `select row, outcome, customer_id as "customerId", looks_like as "looksLike", errors
       from customer_import_rows where import_id = $1 and row > $2 and ($3::text is null or outcome = $3)
       order by row limit $4`,
      [id, after, outcome ?? null, limit],
    );
  }

  /** Does the work unless another process is at it. */
  async alone(id: string, work: () => Promise<void>): Promise<void> {
    const session = this.database.createQueryRunner();
    try {
      const key = `hashtext('customer import work'), hashtext($1)`;
      const [lock] = (await session.query(`select pg_try_advisory_lock(${key}) as got`, [id])) as { got: boolean }[];
      if (!lock?.got) return;
      try {
        await work();
      } finally {
        await session.query(`select pg_advisory_unlock(${key})`, [id]);
      }
    } finally {
      await session.release();
    }
  }
}

function placeOf(uploadId: string, number: number): string {
  return `customer-import:${uploadId}:${number}`;
}
