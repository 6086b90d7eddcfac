import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Initial credentials (sealed) and the one-time links to them (hashed). Neither can be derived from the log. */
export class Credentials1763769600000 implements MigrationInterface {
  readonly name = 'Credentials1763769600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table environment_credentials (
        environment_id uuid primary key,
        credential_id uuid not null unique,
        version integer not null,
        sealed_password text not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table credential_links (
        link_id uuid primary key,
        environment_id uuid not null references environment_credentials,
        token_hash text not null unique,
        expires_at timestamptz not null,
        used_at timestamptz,
        created_at timestamptz not null default now()
      )`);
    await runner.query('create index on credential_links (environment_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table credential_links');
    await runner.query('drop table environment_credentials');
  }
}
