import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { cases } from '../../scripts/volume/cases.js';
import { runVolume } from '../../scripts/volume/run-volume.js';

// The large run is `npm run test:volume -- --environments 500`; this one shows that the promise stands at all.
it('brings many environments to the right end at once, whatever goes wrong in a share of them', async () => {
  const lines: string[] = [];
  const { result, findings } = await runVolume({
    dataDir: join(temporaryFolder(), 'data'),
    environments: 40,
    seed: 1,
    share: 0.1,
    environment: { PROVISIONING_RETRY_MS: '500' },
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(result).toMatchObject({ environments: 40, lost: 0, doubled: 0, stuck: 0, wrongClass: 0 });
  expect(result.ready + result.needsAttention).toBe(40);
  // The seed gives every case to somebody.
  expect(Object.keys(result.given).toSorted()).toEqual(Object.keys(cases).toSorted());
}, 120_000);
