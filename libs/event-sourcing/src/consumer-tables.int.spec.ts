import { Logger } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from '#libs/testing/src/database.js';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { followsTheLog } from './consumer-tables.js';
import { accountBalance } from './spec-account.js';
import { startRunner } from './spec-runner.js';

it('names every table that the kernel makes, and no other', async () => {
  Logger.overrideLogger(false);
  onTestFinished(() => Logger.overrideLogger(new Logger()));
  const server = await startEventStoreServer();
  onTestFinished(() => server.stop());
  const database = await createTestDatabase('kernel');
  onTestFinished(() => database.drop());
  const runner = await startRunner({ database: database.url, eventStore: server.url, projected: accountBalance });
  onTestFinished(() => runner.close());
  const tables = await runner.database.query<{ name: string }[]>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  );
  expect(tables.map(({ name }) => name)).toEqual([
    'account_balance_v1_g1',
    'consumer_checkpoints',
    'policy_fan_outs',
    'policy_parked_events',
    'policy_refusals',
  ]);
  for (const { name } of tables) expect({ name, follows: followsTheLog(name, null) }).toEqual({ name, follows: true });
  for (const name of ['subject_keys', 'credentials', 'webhook_credentials', 'plans_v2']) {
    expect({ name, follows: followsTheLog(name, null) }).toEqual({ name, follows: false });
  }
  const comments = { 'follows the log: what was taken.': true, 'What follows the log.': false };
  for (const [comment, follows] of Object.entries(comments)) {
    expect({ comment, follows: followsTheLog('taken', comment) }).toEqual({ comment, follows });
  }
});
