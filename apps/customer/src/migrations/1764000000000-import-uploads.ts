import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A file is stored while it arrives, piece by piece and not in one transaction; it is an import once it is whole. */
export class ImportUploads1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table customer_import_batches rename column import_id to upload_id;
      alter table customer_import_batches add column staged_at timestamptz not null default now();
      alter table customer_imports add column upload_id uuid;
      update customer_imports set upload_id = id;
      alter table customer_imports alter column upload_id set not null;
      comment on column customer_imports.upload_id is 'Names its rows in customer_import_batches.';
      create unique index customer_imports_upload on customer_imports (upload_id)`);
  }

  /** Rows are sealed for their upload: files that still wait have to be sent again. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      delete from customer_import_batches;
      delete from customer_imports where finished_at is null;
      alter table customer_imports drop column upload_id;
      alter table customer_import_batches drop column staged_at;
      alter table customer_import_batches rename column upload_id to import_id`);
  }
}
