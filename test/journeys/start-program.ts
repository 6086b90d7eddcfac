import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import { compiled, readJson } from '#libs/local-stack/src/files.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import type { ProcessIdentity } from '#libs/local-stack/src/process-table.js';
import { eventually } from '#libs/testing/src/eventually.js';

export interface RunningStart {
  /** Everything that it has written so far. */
  output(): string;
  /** As the terminal does it: to every process of the group. */
  ctrlC(): void;
  killHard(): void;
  /** The exit code, or the signal. */
  readonly exited: Promise<number | string>;
  /** Ends it if it still runs, and waits for that. */
  end(): Promise<void>;
}

/** What `npm start` runs, and with `--services` what `npm run start:services` does. */
export async function startProgram(dataDir: string, port?: number, ...args: string[]): Promise<RunningStart> {
  const env = { PATH: process.env['PATH'], KEIYAKU_DATA: dataDir, PORT: String(port ?? (await choosePort())) };
  const child = spawn(process.execPath, [compiled('scripts/start.js'), ...args], { env, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return {
    output: () => output,
    ctrlC: () => void process.kill(-child.pid!, 'SIGINT'),
    killHard: () => void child.kill('SIGKILL'),
    exited,
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    },
  };
}

export async function isUp(start: RunningStart): Promise<void> {
  await eventually(() => expect(start.output()).toContain('Ctrl-C stops everything.'), { timeoutMs: 110_000 });
}

/** Where it answers, like `http://localhost:3000`. */
export function baseIn(output: string): string {
  return /^ +API +(\S+)\/api$/m.exec(output)![1]!;
}

/** Passwords that were shown, and whose they are. */
export function administratorsIn(output: string): readonly { readonly email: string; readonly password: string }[] {
  const shown = output.matchAll(/^ +mail +(\S+@\S+)\n +password +(\S{12,})$/gm);
  return [...shown].map(([, email, password]) => ({ email: email!, password: password! }));
}

export function partsOf(dataDir: string): readonly { readonly name: string; readonly process: ProcessIdentity }[] {
  return readJson<{ name: string; process: ProcessIdentity }[]>(join(dataDir, 'parts.json')) ?? [];
}
