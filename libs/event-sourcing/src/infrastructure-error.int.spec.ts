import { DataSource } from 'typeorm';
import { expect, it, onTestFinished } from 'vitest';
import { startPostgres } from '#libs/local-stack/src/postgres.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { isInfrastructureError } from './infrastructure-error.js';

it('is every error of a transaction whose database is killed, wherever in it that happens', async () => {
  const postgres = await startPostgres({ dataDir: `${temporaryFolder()}/postgres`, durable: false });
  onTestFinished(() => postgres.kill('SIGKILL'));
  const database = await new DataSource({ type: 'postgres', url: postgres.url }).initialize();
  onTestFinished(() => database.destroy());

  const started = Promise.withResolvers<void>();
  const idle = database.transaction(async (manager) => {
    await manager.query('select 1');
    started.resolve();
    await eventually(() => expect(manager.queryRunner?.isReleased).toBe(true));
    await manager.query('select 1');
  });
  await started.promise;
  const busy = database.transaction((manager) => manager.query('select pg_sleep(60)'));
  const errors = [idle, busy].map((work) =>
    work.then(
      () => 'no error',
      (error: unknown) => error,
    ),
  );
  postgres.kill('SIGKILL');
  const caught = [...(await Promise.all(errors)), await database.query('select 1').catch((error: unknown) => error)];
  expect(caught.filter((error) => !isInfrastructureError(error))).toEqual([]);
});
