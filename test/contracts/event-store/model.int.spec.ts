import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { ModelRun, type ModelledServer } from './model-run.js';
import { OperationsClient, reportOf } from './operations-client.js';
import { sequences } from './random-operations.js';
import { connect, describeOurs, useServerUnderTest } from './server-under-test.js';

/** Each run does its operations, and compares `$all` when it is through. */
function agreesWithModel(server: () => ModelledServer) {
  return fc.asyncProperty(sequences, async (sequence) => {
    const run = new ModelRun(server());
    for (const operation of sequence) await run.do(operation);
    await run.readAll();
  });
}

describe('random operations', () => {
  const server = useServerUnderTest();
  it('have the outcomes that a simple model says', async () => {
    const property = agreesWithModel(() => server);
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);
});

describeOurs('random operations with restarts and scavenges between them', () => {
  it('have the outcomes that a simple model says', async () => {
    const data = join(temporaryFolder(), 'data');
    const start = async () => {
      const server = await startEventStoreServer({ data });
      return { server, client: connect(server.url), operations: new OperationsClient(`127.0.0.1:${server.port}`) };
    };
    let { server, client, operations } = await start();
    const stop = async (): Promise<void> => {
      operations.close();
      await client.dispose();
      await server.stop();
    };
    onTestFinished(() => stop());
    const restart = async (): Promise<void> => {
      await stop();
      ({ server, client, operations } = await start());
    };
    const scavenge = async (): Promise<void> => {
      const { id } = await operations.startScavenge();
      expect(await reportOf(client, id)).toMatchObject({ result: 'Success' });
    };
    await fc.assert(
      agreesWithModel(() => ({
        get client() {
          return client;
        },
        restart,
        scavenge,
      })),
      { numRuns: 12 },
    );
  }, 120_000);
});
