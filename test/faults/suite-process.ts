import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compiled } from '#libs/local-stack/src/files.js';
import type { Stack } from '#libs/local-stack/src/stack.js';

/** The suite as a child of the test, which sees how it ends and what it says. */
export interface SuiteProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** The log, line by line. */
  readonly lines: readonly string[];
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
}

/** Starts the suite on the stores of a stack that has none of its own. */
export async function startSuiteProcess(
  stack: Stack,
  env: Readonly<Record<string, string>> = {},
): Promise<SuiteProcess> {
  const child = spawn(process.execPath, [compiled('apps/suite/src/main.js')], {
    env: { PATH: process.env['PATH'], ...stack.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as SuiteProcess['exited'];
  const lines: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.on('exit', () => reject(new Error(`The suite ended before it was ready: ${lines.slice(-3).join('\n')}`)));
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('{"ready":true')) resolve((JSON.parse(line) as { port: number }).port);
    });
  });
  return { url: `http://127.0.0.1:${port}`, child, lines, exited };
}
