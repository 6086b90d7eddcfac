import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from './command-line.js';
import { describeOurs } from './server-under-test.js';

const pages = ['docs/event-store.md', 'libs/eventstore-server/README.md'];

/** What stands in the code blocks of a page, with the command and the options that it names. */
function callsOn(page: string) {
  const text = readFileSync(join(import.meta.dirname, '../../..', page), 'utf8');
  return [...text.matchAll(/^ *(?:npx )?keiyaku-eventstore (.+)$/gm)].map(([call, rest]) => ({
    call: call.trim(),
    command: /^[a-z]+/.exec(rest!)?.[0] ?? 'serve',
    options: [...rest!.matchAll(/ ?(--[a-z-]+)/g)].map(([, option]) => option!),
  }));
}

describeOurs('the commands on the pages', () => {
  it.each(pages.flatMap(callsOn))('$call', async ({ command, options }) => {
    const { code, stdout } = await runCommand(command, '--help');
    expect(code).toBe(0);
    const known = [...stdout.matchAll(/--[a-z-]+/g)].map(([option]) => option);
    expect([...known, '--help']).toEqual(expect.arrayContaining(options));
  });

  it('are all that the program has', async () => {
    const { stdout } = await runCommand('--help');
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
    const [page = ''] = pages;
    expect(new Set(callsOn(page).map(({ command }) => command))).toEqual(new Set(commands));
  });
});
