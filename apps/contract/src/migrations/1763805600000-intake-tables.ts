import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is known of systems that contracts are fetched from. It follows the log: it may be behind, never ahead. */
export class IntakeTables1763805600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table intake_positions (
        intake text primary key,
        position text,
        worked_at timestamptz,
        problem text,
        problem_since timestamptz
      );
      comment on table intake_positions is 'One row for each way in which contracts are fetched.';
      comment on column intake_positions.position is
        'Up to where everything was taken: a value of the cursor column, or a revision of the inbox stream.';
      create table intake_rows (
        intake text not null,
        row_id text not null,
        cursor text not null,
        digest text not null,
        primary key (intake, row_id)
      );
      comment on column intake_rows.digest is 'Keyed hash of what the row said when it was taken.';
      create table intake_rejections (
        id uuid not null unique default gen_random_uuid(),
        intake text not null,
        item text not null,
        position text not null,
        errors jsonb not null,
        rejected_at timestamptz not null,
        primary key (intake, item)
      );
      comment on table intake_rejections is 'Rows and events that were not taken, with what is wrong. No values.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table intake_positions, intake_rows, intake_rejections');
  }
}
