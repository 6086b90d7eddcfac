import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets that wait for the event that names them stand beside those that count, and not in their place. */
export class PasswordsTheLogNames1763942400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table pending_passwords (
        id uuid primary key,
        user_id uuid not null,
        version integer not null,
        password_hash text not null
      );
      create index pending_passwords_user_id on pending_passwords (user_id);
      alter table second_factors drop constraint second_factors_user_id_key;
      create index second_factors_user_id on second_factors (user_id);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop index second_factors_user_id;
      delete from second_factors older using second_factors newer
        where older.user_id = newer.user_id and (older.version, older.id) < (newer.version, newer.id);
      alter table second_factors add constraint second_factors_user_id_key unique (user_id);
      drop table pending_passwords;
    `);
  }
}
