import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { startPart } from './part.js';
import { PartRecords } from './part-records.js';
import { type PartPlan, Supervisor } from './supervisor.js';

/** A supervisor of one part, a few lines of shell that is started again when it dies. */
function supervise(script: () => string) {
  const folder = temporaryFolder();
  const logFile = join(folder, 'part.log');
  const told: string[] = [];
  const supervisor = new Supervisor<'part'>(
    new PartRecords(join(folder, 'parts.json')),
    (line) => told.push(`stop: ${line}`),
    (line) => told.push(line),
  );
  const plan: PartPlan = {
    title: 'The part',
    stopSignal: 'SIGKILL',
    startedAgain: true,
    start: (hooks) =>
      startPart({
        ...hooks,
        title: 'The part',
        command: '/bin/sh',
        args: ['-c', script()],
        logFile,
        isReady: (line) => (line === 'ready' ? {} : undefined),
      }),
  };
  onTestFinished(() => supervisor.stop([['part']]));
  return { supervisor, plan, told, logFile };
}

const lasting = 'echo ready; exec sleep 60';

it('starts a part again that died by itself, and ends the new one', async () => {
  const { supervisor, plan, told, logFile } = supervise(() => lasting);
  const first = await supervisor.start('part', plan);
  process.kill(first.pid, 'SIGKILL');
  await eventually(() => expect(supervisor.parts().part!.pid).not.toBe(first.pid));
  expect(told).toEqual([`The part was ended by SIGKILL and is started again. Its log: ${logFile}`]);
  const { pid } = supervisor.parts().part!;
  await supervisor.stop([['part']]);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

it('leaves a part dead that was ended', async () => {
  const { supervisor, plan, told } = supervise(() => lasting);
  const { pid, exited } = await supervisor.start('part', plan);
  await supervisor.parts().part!.kill('SIGKILL');
  await exited;
  await supervisor.parts().part!.restart();
  expect([supervisor.parts().part!.pid === pid, told]).toEqual([false, []]);
});

it('stops everything when a part dies again and again', async () => {
  const { supervisor, plan, told, logFile } = supervise(() => 'echo ready; exit 3');
  await supervisor.start('part', plan);
  await eventually(() => expect(told).toHaveLength(4));
  expect(told.at(-1)).toBe(
    `stop: The part ended with exit code 3, 4 times within a minute, so everything stops. Its log: ${logFile}`,
  );
});

it('stops everything when a part does not start again', async () => {
  const scripts = [lasting, 'echo "Error: no room"; exit 1'];
  const { supervisor, plan, told, logFile } = supervise(() => scripts.shift()!);
  process.kill((await supervisor.start('part', plan)).pid, 'SIGKILL');
  await eventually(() => expect(told).toHaveLength(2));
  expect(told.at(-1)).toBe(
    'stop: The part did not start again, so everything stops. ' +
      `The part ended with exit code 1 before it was ready (Error: no room). Its log: ${logFile}`,
  );
});
