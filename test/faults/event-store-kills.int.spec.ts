import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { runKills } from '../../scripts/event-store-kills/run-kills.js';

// The long run is `npm run test:event-store-kills -- --kills 200`; this one shows that the promise stands at all.
it('keeps every acknowledged event over a handful of kills', async () => {
  const lines: string[] = [];
  const verdict = await runKills({ folder: temporaryFolder(), kills: 5, seed: 7, print: (line) => lines.push(line) });
  expect(verdict, lines.join('\n')).toMatchObject({ lost: 0, half: 0, doubled: 0, findings: [] });
  expect(verdict.acknowledged).toBeGreaterThan(0);
}, 120_000);

async function killsBy(...args: string[]): Promise<{ code: unknown; out: string; said: string }> {
  const child = spawn(process.execPath, [compiled('scripts/event-store-kills.js'), ...args]);
  const [out, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, said };
}

it('prints one object as a command, and leaves nothing behind when nothing was found', async () => {
  const { code, out, said } = await killsBy('--kills', '1', '--seed', '7', '--json');
  expect(code, said).toBe(0);
  expect(JSON.parse(out)).toEqual({ kills: 1, acknowledged: expect.any(Number), lost: 0, half: 0, doubled: 0 });
  const folder = /^1 kills, seed 7, data in (\S+)$/m.exec(said)?.[1];
  expect(folder).toBeDefined();
  expect(existsSync(folder!)).toBe(false);
}, 60_000);

it.each([
  { args: ['--kills', '0'], complaint: '--kills is "0" and must be a whole number from 1.\n' },
  { args: ['--seed', 'x'], complaint: '--seed is "x" and must be a whole number from 1.\n' },
])('says as a command that it cannot do $args, and ends with 2', async ({ args, complaint }) => {
  expect(await killsBy(...args)).toEqual({ code: 2, out: '', said: complaint });
});
