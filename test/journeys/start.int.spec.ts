import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isAlive } from '#libs/local-stack/src/process-table.js';
import { eventually } from '#libs/testing/src/eventually.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { everyServiceIsThere, healthOf, makeFirstCalls } from './first-calls.js';
import { administratorsIn, baseIn, partsOf, type RunningStart, startProgram } from './start-program.js';

const WHOLE_START = { timeoutMs: 60_000 };
/** For a test that starts everything several times over. */
const SEVERAL_STARTS = { timeout: 240_000 };

async function npmStart(dataDir: string, port?: number): Promise<RunningStart> {
  const started = await startProgram(dataDir, port);
  onTestFinished(() => started.end());
  return started;
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1);
}

it('says what it takes when it is asked for something else', async () => {
  const start = await startProgram(temporaryFolder(), undefined, '--service');
  expect(await start.exited).toBe(1);
  expect(start.output()).toMatch(/^Unknown option '--service'.*\nStarts everything on this machine/);
});

it('says in one line that the port is taken, and starts nothing', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dataDir = temporaryFolder();
  const start = await npmStart(dataDir, port);
  expect(await start.exited).toBe(1);
  expect(start.output()).toBe(
    `Keiyaku starts.\nPort ${port} is taken by another program: end it, or choose another port (PORT=${port + 1} npm start).\n`,
  );
  expect(partsOf(dataDir)).toEqual([]);
});

it('stops everything when Ctrl-C comes while it starts', async () => {
  const dataDir = temporaryFolder();
  const start = await npmStart(dataDir);
  const started = await eventually(() => {
    expect(start.output()).toContain('Redis');
    return partsOf(dataDir);
  }, WHOLE_START);
  start.ctrlC();
  expect(await start.exited).toBe(0);
  expect(started.filter((part) => isAlive(part.process))).toEqual([]);
});

it('names the part that dies and its log, stops everything and exits with 1', async () => {
  const dataDir = temporaryFolder();
  const start = await npmStart(dataDir);
  const started = await eventually(() => {
    expect(start.output()).toMatch(/^ {2}Redis/m);
    return partsOf(dataDir);
  }, WHOLE_START);
  process.kill(started.find(({ name }) => name === 'Redis')!.process.pid, 'SIGKILL');
  expect(await start.exited).toBe(1);
  expect(lastLine(start.output())).toBe(
    `Redis was ended by SIGKILL, so everything stops. Its log: ${dataDir}/logs/redis.log`,
  );
  expect(started.filter((part) => isAlive(part.process))).toEqual([]);
});

it(
  'shows the first password exactly once, also when the first start was killed, and serves the first calls until Ctrl-C',
  SEVERAL_STARTS,
  async () => {
    const dataDir = temporaryFolder();
    const administratorFile = join(dataDir, 'first-administrator.json');
    const killed = await npmStart(dataDir);
    await eventually(() => expect(existsSync(administratorFile)).toBe(true), WHOLE_START);
    killed.killHard();
    await killed.exited;

    const second = await npmStart(dataDir);
    await eventually(() => expect(second.output()).toContain('Ctrl-C stops everything.'), WHOLE_START);
    const shown = [killed, second].flatMap((start) => administratorsIn(start.output()));
    expect(shown).toHaveLength(1);
    expect(existsSync(administratorFile)).toBe(false);
    const base = baseIn(second.output());
    expect(await healthOf(base)).toEqual(everyServiceIsThere);
    await makeFirstCalls(base, shown[0]!);
    const started = partsOf(dataDir);
    second.ctrlC();
    expect(await second.exited).toBe(0);
    expect(started.filter((part) => isAlive(part.process))).toEqual([]);

    const third = await npmStart(dataDir);
    await eventually(() => expect(third.output()).toContain('Ctrl-C stops everything.'), WHOLE_START);
    expect(third.output()).not.toContain('password');
  },
);
