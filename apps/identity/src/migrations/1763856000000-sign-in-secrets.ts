import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SignInSecrets1763856000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table password_resets (
        id uuid primary key,
        user_id uuid not null,
        token_hash text not null unique,
        expires_at timestamptz not null,
        used_by uuid
      );
      create index password_resets_user_id on password_resets (user_id);
      create table second_factors (
        id uuid primary key,
        user_id uuid not null unique,
        version integer not null,
        sealed_seed text not null,
        last_step bigint not null,
        recovery_codes jsonb not null
      );
      create table api_key_secrets (
        id uuid primary key,
        secret_hash text not null
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table password_resets, second_factors, api_key_secrets');
  }
}
