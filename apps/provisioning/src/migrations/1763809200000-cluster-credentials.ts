import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Kubeconfigs of clusters (sealed), which can't be derived from the log. */
export class ClusterCredentials1763809200000 implements MigrationInterface {
  readonly name = 'ClusterCredentials1763809200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table cluster_credentials (
        id uuid primary key,
        sealed text,
        created_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table cluster_credentials');
  }
}
