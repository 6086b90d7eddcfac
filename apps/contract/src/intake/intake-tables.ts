import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

/** One thing that is wrong with a row or an event. Names the place and never shows the value. */
export interface Mistake {
  /** JSON pointer: a column of the row, like `/plan`, or a field of the event, like `/data/customer/plan`. */
  readonly pointer: string;
  readonly detail: string;
}

/** A row or an event that was not taken. */
export interface Rejection {
  /** Id of the row, or number of the event in its stream. */
  readonly item: string;
  /** Value of the row's cursor column, or the number of the event. */
  readonly position: string;
  readonly mistakes: readonly Mistake[];
}

export interface TakenRow {
  readonly rowId: string;
  readonly cursor: string;
  /** Keyed hash of what the row said, and after a blank one of what it had said before. */
  readonly digest: string;
}

/** What was taken of a row last, and whether something that it said since was not. */
export interface KnownRow extends TakenRow {
  readonly rejected: boolean;
}

/** What a piece of work came to. */
export interface Outcome {
  readonly position: string | null;
  /** Rows that were taken and need not be looked at again before they change. */
  readonly rows: readonly TakenRow[];
  /** Items that were taken, or are gone; a rejection of one is over. */
  readonly taken: readonly string[];
  readonly rejected: readonly Rejection[];
}

export interface Intake {
  readonly intake: string;
  readonly position: string | null;
  readonly workedAt: string | null;
  readonly problem: string | null;
  readonly problemSince: string | null;
  readonly rejected: number;
}

/** How far each intake is, and what it could not take. */
@Injectable()
export class IntakeTables {
  constructor(@Inject(getDataSourceToken('contract')) private readonly database: DataSource) {}

  async intakes(): Promise<readonly Intake[]> {
    const rows = await this.database.query<
      {
        intake: string;
        position: string | null;
        worked: Date | null;
        problem: string | null;
        since: Date | null;
        rejected: number;
      }[]
    >(
      `select intake, position, worked_at as worked, problem, problem_since as since,
              (select count(*)::int from intake_rejections rejection where rejection.intake = positions.intake) as rejected
       from intake_positions positions order by intake`,
    );
    return rows.map(({ worked, since, ...row }) => {
      return { ...row, workedAt: worked?.toISOString() ?? null, problemSince: since?.toISOString() ?? null };
    });
  }

  async position(intake: string): Promise<string | null> {
    const [row] = await this.database.query<{ position: string | null }[]>(
      'select position from intake_positions where intake = $1',
      [intake],
    );
    return row?.position ?? null;
  }

  /** By row id, those of the rows that were taken before. */
  async known(intake: string, rowIds: readonly string[]): Promise<ReadonlyMap<string, KnownRow>> {
    const rows = await this.database.query<KnownRow[]>(
      `select row_id as "rowId", cursor, digest,
              exists (select 1 from intake_rejections rejection
                      where rejection.intake = taken.intake and rejection.item = taken.row_id) as rejected
       from intake_rows taken where intake = $1 and row_id = any($2)`,
      [intake, rowIds],
    );
    return new Map(rows.map((row) => [row.rowId, row]));
  }

  /** Items that were rejected, oldest first. */
  async rejected(intake: string, limit: number): Promise<readonly string[]> {
    const rows = await this.database.query<{ item: string }[]>(
      'select item from intake_rejections where intake = $1 order by rejected_at, item limit $2',
      [intake, limit],
    );
    return rows.map(({ item }) => item);
  }

  /** Keeps all of it or nothing. */
  async save(intake: string, { position, rows, taken, rejected }: Outcome, at: Date): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query(
        `insert into intake_positions (intake, position, worked_at) values ($1, $2, $3)
         on conflict (intake) do update set position = $2, worked_at = $3, problem = null, problem_since = null`,
        [intake, position, at],
      );
      await manager.query(
        `insert into intake_rows (intake, row_id, cursor, digest)
         select $1, * from unnest($2::text[], $3::text[], $4::text[])
         on conflict (intake, row_id) do update set cursor = excluded.cursor, digest = excluded.digest`,
        [intake, rows.map(({ rowId }) => rowId), rows.map(({ cursor }) => cursor), rows.map(({ digest }) => digest)],
      );
      await manager.query('delete from intake_rejections where intake = $1 and item = any($2)', [intake, taken]);
      await manager.query(
        `insert into intake_rejections (intake, item, position, errors, rejected_at)
         select $1, item, position, errors::jsonb, $5 from unnest($2::text[], $3::text[], $4::text[])
           as rejected (item, position, errors)
         on conflict (intake, item) do update
           set position = excluded.position, errors = excluded.errors, rejected_at = excluded.rejected_at
           where (intake_rejections.position, intake_rejections.errors) <> (excluded.position, excluded.errors)`,
        [
          intake,
          rejected.map(({ item }) => item),
          rejected.map((rejection) => rejection.position),
          rejected.map(({ mistakes }) => JSON.stringify(mistakes)),
          at,
        ],
      );
    });
  }

  /** Says that an intake can't work just now, and why. */
  async complain(intake: string, problem: string, at: Date): Promise<void> {
    await this.database.query(
      `insert into intake_positions (intake, problem, problem_since) values ($1, $2, $3)
       on conflict (intake) do update set problem = $2, problem_since = coalesce(intake_positions.problem_since, $3)`,
      [intake, problem, at],
    );
  }
}
