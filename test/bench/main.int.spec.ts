import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';

async function bench(...args: string[]): Promise<{ code: unknown; out: string; complaints: string }> {
  const child = spawn(process.execPath, [compiled('test/bench/main.js'), ...args]);
  const [out, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, complaints };
}

it.each([
  [['--only', 'luck'], '--only knows no luck: it takes start, writes, lag, reads, webhooks, rebuild, rehydrate'],
  [['--fast'], "Unknown option '--fast'"],
])('says what it takes when it is called with %j', async (args, complaint) => {
  const { code, out, complaints } = await bench(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain(complaint);
  expect(complaints).toContain('Usage: npm run bench -- [--json] [--quick] [--only NAME]... [--profile DIR]');
});

it.each(['crm', 'event-store', 'provisioning'])('measures %s by itself, which takes fewer options', async (part) => {
  const { code, out, complaints } = await bench(part, '--only', 'appends');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain("Unknown option '--only'");
  expect(complaints).toContain(`Usage: npm run bench -- ${part} [--json] [--quick]`);
});
