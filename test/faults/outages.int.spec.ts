import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { runOutages } from '../../scripts/faults/run-outages.js';

/** Four times what the suite takes under this load when nothing is away. */
const mostMb = 1_000;

// Each part is away as long as it takes to see what that does; `npm run test:faults -- --outages` takes a minute each.
it('answers clearly, loses nothing and goes on by itself whatever store is killed or frozen under load', async () => {
  const lines: string[] = [];
  const { outages, rssMb, findings } = await runOutages({
    dataDir: join(temporaryFolder(), 'data'),
    seconds: 1,
    atOnce: 8,
    environment: { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' },
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(outages).toHaveLength(8);
  for (const { otherErrors, lost } of outages) expect({ otherErrors, lost }).toEqual({ otherErrors: 0, lost: 0 });
  expect(rssMb).toBeLessThan(mostMb);
}, 600_000);
