import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { type Breakage, breakBuild } from '../../scripts/faults/broken-build.js';
import { runFaults } from '../../scripts/faults/run-faults.js';

/** The checker must be able to fail: each of these builds breaks one promise, and leaves what the line says. */
const broken: readonly (readonly [Breakage, RegExp])[] = [
  ['acknowledge-before-append', /: no webhook\.received$/],
  ['checkpoint-outside-transaction', /^(missing|too much) in \w+:/],
  ['policy-without-receipt', / carries no receipt of its cause$/],
];

it.each(broken)(
  'finds out a build with %s',
  async (breakage, trace) => {
    const folder = temporaryFolder();
    const lines: string[] = [];
    const { findings } = await runFaults({
      dataDir: join(folder, 'data'),
      contracts: 12,
      seed: 5,
      atOnce: 12,
      environment: { PROVISIONING_LEASE_MS: '2000', PROVISIONING_RECONCILE_MS: '500' },
      print: (line) => lines.push(line),
      ...breakBuild(breakage, join(folder, 'build')),
    });
    expect(findings, lines.join('\n')).toContainEqual(expect.stringMatching(trace));
  },
  300_000,
);
