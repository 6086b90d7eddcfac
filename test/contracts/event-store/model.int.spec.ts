import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { ModelRun, type ModelledServer } from './model-run.js';
import { operations } from './random-operations.js';
import { connect, describeOurs, useServerUnderTest } from './server-under-test.js';

/** Each run does its operations, and compares `$all` when it is through. */
function agreesWithModel(server: () => ModelledServer) {
  return fc.asyncProperty(operations, async (sequence) => {
    const run = new ModelRun(server());
    for (const operation of sequence) await run.do(operation);
    await run.readAll();
  });
}

describe('random operations', () => {
  const server = useServerUnderTest();
  it('have the outcomes that a simple model says', async () => {
    const property = agreesWithModel(() => ({ client: server.client, restart: undefined }));
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);
});

describeOurs('random operations with restarts between them', () => {
  it('have the outcomes that a simple model says', async () => {
    const data = join(temporaryFolder(), 'data');
    const start = async () => {
      const server = await startEventStoreServer({ data });
      return { server, client: connect(server.url) };
    };
    let { server, client } = await start();
    onTestFinished(() => server.stop());
    onTestFinished(() => client.dispose());
    const restart = async (): Promise<void> => {
      await client.dispose();
      await server.stop();
      ({ server, client } = await start());
    };
    await fc.assert(
      agreesWithModel(() => ({
        get client() {
          return client;
        },
        restart,
      })),
      { numRuns: 12 },
    );
  }, 120_000);
});
