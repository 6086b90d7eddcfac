/** The load generator: takes one job at a time over IPC, so that no server shares its event loop. */
import type { LoadJob } from './load.js';
import { runLoad } from './run-load.js';

process.on('message', (job: LoadJob) => {
  runLoad(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit());
