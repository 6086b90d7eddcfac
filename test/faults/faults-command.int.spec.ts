import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';

it.each([
  ['faults', ['--kills', '0'], '--kills is "0" and must be a whole number from 1.'],
  ['faults', ['--outages', '--seconds', '1.5'], '--seconds is "1.5" and must be a whole number from 1.'],
  ['faults', ['--broken', 'luck'], '--broken is "luck" and must be one of: acknowledge-before-append, '],
  ['faults', ['--fast'], "Unknown option '--fast'"],
  ['volume', ['--environments', 'many'], '--environments is "many" and must be a whole number from 1.'],
  ['volume', ['--percent', '30'], '--percent is 30 and may be at most 25: there are four classes of failures.'],
])('%s starts nothing and says what it takes when it is called with %j', async (script, args, complaint) => {
  const child = spawn(process.execPath, [compiled(`scripts/${script}.js`), ...args, '--json']);
  const [out, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain(complaint);
});
