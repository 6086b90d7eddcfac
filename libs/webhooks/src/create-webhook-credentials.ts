import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateWebhookCredentials1763769600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook_credentials (
        id uuid primary key,
        sealed text,
        created_at timestamptz not null default now()
      );
      comment on column webhook_credentials.sealed is
        'The signing secret, AES-256-GCM under ENCRYPTION_KEY; null once it is retired.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table webhook_credentials');
  }
}
