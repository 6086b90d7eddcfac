import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CredentialTables1763769600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table credentials (
        id uuid primary key,
        user_id uuid not null unique,
        version integer not null,
        mail_hash text not null unique,
        password_hash text not null,
        first_sign_in text
      );
      create table refresh_tokens (
        hash text primary key,
        session_id uuid not null,
        user_id uuid not null,
        generation integer not null,
        expires_at timestamptz not null
      );
      create index refresh_tokens_expires_at on refresh_tokens (expires_at);
      create table signing_keys (
        kid text primary key,
        private_key text not null,
        public_key jsonb not null,
        active boolean not null
      );
      create unique index signing_keys_one_active on signing_keys (active) where active;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table credentials, refresh_tokens, signing_keys');
  }
}
