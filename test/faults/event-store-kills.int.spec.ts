import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { runKills } from '../../scripts/event-store-kills/run-kills.js';

// The long run is `npm run test:event-store-kills -- --kills 200`; this one shows that the promise stands at all.
it('keeps every acknowledged event over a handful of kills', async () => {
  const lines: string[] = [];
  const verdict = await runKills({ folder: temporaryFolder(), kills: 5, seed: 7, print: (line) => lines.push(line) });
  expect(verdict, lines.join('\n')).toMatchObject({ lost: 0, half: 0, doubled: 0, findings: [] });
  expect(verdict.acknowledged).toBeGreaterThan(0);
}, 120_000);
