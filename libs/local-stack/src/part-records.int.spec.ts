import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { PartRecords } from './part-records.js';
import { identify, isAlive } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';

async function startProgram(script: string): Promise<ProcessIdentity> {
  const child = spawn('/bin/sh', ['-c', `${script}; echo ready; while :; do sleep 1 & wait $!; done`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return identify(child.pid!)!;
}

it('ends what an earlier start left, by force where it has to', async () => {
  const file = join(temporaryFolder(), 'parts.json');
  const [polite, stubborn] = await Promise.all([startProgram('true'), startProgram("trap '' TERM")]);
  const earlier = new PartRecords(file);
  earlier.add({ name: 'Polite', process: polite, stopSignal: 'SIGTERM' });
  earlier.add({ name: 'Stubborn', process: stubborn, stopSignal: 'SIGTERM' });

  expect(await new PartRecords(file).endLeftovers(200)).toEqual(['Polite', 'Stubborn']);
  expect([isAlive(polite), isAlive(stubborn)]).toEqual([false, false]);
  expect(existsSync(file)).toBe(false);
});

it('spares a stranger who got the pid of a part, in this boot or after another one', async () => {
  const file = join(temporaryFolder(), 'parts.json');
  const stranger = await startProgram('true');
  const earlier = new PartRecords(file);
  earlier.add({ name: 'Redis', process: { ...stranger, startTime: '1' }, stopSignal: 'SIGKILL' });
  earlier.add({ name: 'Postgres', process: { ...stranger, bootId: 'another' }, stopSignal: 'SIGKILL' });

  expect(await new PartRecords(file).endLeftovers(200)).toEqual([]);
  expect(isAlive(stranger)).toBe(true);
});
