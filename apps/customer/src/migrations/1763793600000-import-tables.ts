import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files that were sent in, as long as they are worked on, and what became of their rows. They may be behind the log: a row
 * that is taken again makes the same command.
 */
export class ImportTables1763793600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table customer_imports (
        id uuid primary key,
        dry_run boolean not null,
        duplicates text not null,
        requested_by text not null,
        requested_role text not null,
        correlation_id text not null,
        digest text not null,
        rows integer not null,
        created integer not null default 0,
        duplicate integer not null default 0,
        invalid integer not null default 0,
        created_at timestamptz not null,
        finished_at timestamptz
      );
      comment on table customer_imports is
        'follows the log: one row for each file of customers that was sent in.';
      comment on column customer_imports.digest is 'Keyed hash of the file.';
      create index customer_imports_unfinished on customer_imports (created_at) where finished_at is null;
      create table customer_import_batches (
        import_id uuid not null,
        number integer not null,
        sealed text not null,
        primary key (import_id, number)
      );
      comment on table customer_import_batches is
        'follows the log: rows that wait for their turn, sealed; they go when their customers are written down.';
      create table customer_import_rows (
        import_id uuid not null,
        row integer not null,
        outcome text not null,
        customer_id uuid,
        looks_like jsonb not null,
        errors jsonb not null,
        primary key (import_id, row)
      );
      comment on table customer_import_rows is
        'follows the log: what became of each row of a file. No values.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table customer_import_rows, customer_import_batches, customer_imports');
  }
}
