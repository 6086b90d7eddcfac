import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { ConsumerSession } from '#libs/event-sourcing/src/consumer-session.js';
import { EventStore } from '#libs/event-sourcing/src/event-store.js';
import { freshId } from '#libs/event-sourcing/src/ids.js';
import { ReadModels } from '#libs/event-sourcing/src/read-models.js';
import { testContext } from '#libs/testing/src/given.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';
import { ContractModule } from '../contract.module.js';
import { draft } from '../spec-contract.js';

let app: TestApp;
let sql: Client;

beforeAll(async () => {
  app = await startTestApp({ modules: [ContractModule], contexts: ['contract'] });
  sql = new Client(app.databaseUrls.get('contract'));
  await sql.connect();
});

afterAll(async () => {
  await sql.end();
  await app.close();
});

function read(path: string, position: string) {
  return app.request(path, { role: 'SUPPORT', headers: { 'x-await-position': position } });
}

describe('X-Await-Position', () => {
  it('shows a change to whoever names its position', async () => {
    for (let round = 0; round < 5; round++) {
      const { body, headers } = await draft(app);
      const answer = await read(`/api/contracts/${body.id}`, headers.get('x-event-position')!);
      expect(answer).toMatchObject({ status: 200, body: { id: body.id } });
    }
  });

  it('waits for a position at which nothing concerns the read model', async () => {
    const event = { type: 'spec.irrelevant', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
    const { position } = await app.store.append(`spec-${randomUUID()}`, [{ id: freshId(), ...event }], -1);
    expect(await read('/api/contracts', position.toString())).toMatchObject({ status: 200 });
  });

  it('is served by a process that does not keep the read model itself', async () => {
    const url = app.databaseUrls.get('contract')!;
    const database = await new DataSource({ type: 'postgres', url }).initialize();
    const store = EventStore.connect(app.eventStore.url);
    const session = new ConsumerSession(database);
    // Whatever a process stands by for keeps its session open.
    await session.own('something else', new AbortController().signal, () => undefined);
    const elsewhere = new ReadModels();
    elsewhere.add('contract_list', { database, session, store, reached: () => undefined });
    try {
      const event = { type: 'spec.irrelevant', data: {}, metadata: { ...testContext(), schemaVersion: 1 } };
      const { position } = await store.append(`spec-${randomUUID()}`, [{ id: freshId(), ...event }], -1);
      // Nothing in it moves the checkpoint; it would be saved seconds later.
      await elsewhere.awaitPosition('contract_list', position);
      const { rows } = await sql.query<{ position: string }>(
        `select position from consumer_checkpoints where projection = 'contract_list' and live`,
      );
      expect(BigInt(rows[0]!.position)).toBeGreaterThanOrEqual(position);
    } finally {
      await session.close();
      await store.close();
      await database.destroy();
    }
  });

  it('gives up when the read model does not get there', async () => {
    const lock = new Client(app.databaseUrls.get('contract'));
    await lock.connect();
    await lock.query('begin');
    await lock.query(`select from consumer_checkpoints where projection = 'contract_list' and live for update`);
    try {
      const { body, headers } = await draft(app);
      const position = headers.get('x-event-position')!;
      const answer = await read(`/api/contracts/${body.id}`, position);
      expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
      expect(answer.headers.get('retry-after')).toBe('1');
    } finally {
      await lock.end();
    }
  });

  it.each([
    ['9000000000000000000', 'position_unknown'],
    ['soon', 'malformed_await_position'],
    ['-1', 'malformed_await_position'],
    ['99999999999999999999', 'malformed_await_position'],
  ])('%s is answered with %s', async (position, code) => {
    expect(await read('/api/contracts', position)).toMatchObject({ status: 400, body: { code } });
  });
});
