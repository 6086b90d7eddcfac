import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { runFaults } from '../../scripts/faults/run-faults.js';

// The long run is `npm run test:faults -- --kills 200`; this one shows that the promise stands at all.
it('holds every promise over a handful of kills', async () => {
  const lines: string[] = [];
  const { result, findings } = await runFaults({
    dataDir: join(temporaryFolder(), 'data'),
    kills: 5,
    contracts: 20,
    seed: 4,
    atOnce: 12,
    environment: { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' },
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(result).toMatchObject({ kills: 5, lost: 0, doubled: 0, projectionsEqual: true });
  expect(result.contracts).toBeGreaterThanOrEqual(20);
}, 300_000);
