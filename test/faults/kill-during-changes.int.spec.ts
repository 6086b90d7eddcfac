import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { runLifeCycle } from '../../scripts/faults/life-cycle/run-life-cycle.js';

// Every moment of every change: `npm run test:faults -- --life-cycle`. This one shows that the promise stands at all.
it('amends, suspends, resumes and terminates once each, although the suite is killed in the middle of it', async () => {
  const lines: string[] = [];
  const { result, findings } = await runLifeCycle({
    dataDir: join(temporaryFolder(), 'data'),
    lives: [
      { amendment: 'apply', suspension: 'environment.suspension_requested', resumption: 'wait', termination: 'delete' },
    ],
    print: (line) => lines.push(line),
  });
  expect(findings, lines.join('\n')).toEqual([]);
  expect(result).toEqual({ kills: 4, contracts: 1 });
}, 180_000);
