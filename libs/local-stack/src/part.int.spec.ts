import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { startPart } from './part.js';
import type { PartOptions, PartProcess } from './part.js';

/** A part made of a few lines of shell. */
async function startScript(script: string, options: Partial<PartOptions> = {}): Promise<PartProcess> {
  const part = await startPart({
    title: 'The part',
    command: '/bin/sh',
    args: ['-c', script],
    logFile: join(temporaryFolder(), 'part.log'),
    isReady: (line) => (line === 'ready' ? {} : undefined),
    ...options,
  });
  onTestFinished(() => part.kill('SIGKILL'));
  return part;
}

it.each([
  ['the last complaint', 'echo "Error: no such module"; echo; echo "Node.js v24"; exit 1', 'Error: no such module'],
  ['the message of a JSON line', `echo '{"level":60,"msg":"PORT is missing"}'; echo '{}'; exit 1`, 'PORT is missing'],
  ['the last line', 'echo one; echo two; exit 1', 'two'],
  ['that there was nothing', 'exit 1', 'it wrote nothing'],
])('ends before it is ready: the error holds %s', async (_what, script, reason) => {
  await expect(startScript(script)).rejects.toThrow(`The part ended with exit code 1 before it was ready (${reason}).`);
});

it('says so when a part never gets ready', async () => {
  const logFile = join(temporaryFolder(), 'part.log');
  await expect(startScript('exec sleep 60', { startTimeoutMs: 100, logFile })).rejects.toThrow(
    `The part was not ready after 0.1 s. Its log: ${logFile}`,
  );
});

it('ends a part by force that does not stop, and one that is paused', async () => {
  const stubborn = await startScript(`trap '' TERM; echo ready; while :; do sleep 1; done`, { stopTimeoutMs: 100 });
  await stubborn.stop();
  expect(await stubborn.exited).toBe('was ended by SIGKILL');

  const paused = await startScript('echo ready; exec sleep 60');
  paused.kill('SIGSTOP');
  await paused.stop();
  expect(await paused.exited).toBe('was ended by SIGTERM');
});
