import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Backups copy these tables before the log, and go by their comments. */
export class IntakeFollowsTheLog1763809200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      comment on table intake_positions is
        'follows the log: one row for each way in which contracts are fetched.';
      comment on table intake_rows is
        'follows the log: what was taken of each row last.';
      comment on table intake_rejections is
        'follows the log: rows and events that were not taken, with what is wrong. No values.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      comment on table intake_positions is 'One row for each way in which contracts are fetched.';
      comment on table intake_rows is null;
      comment on table intake_rejections is 'Rows and events that were not taken, with what is wrong. No values.'`);
  }
}
