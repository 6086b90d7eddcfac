import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program of ours that runs as a process of its own and serves. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** Sends the signal and waits until the process is gone. Answers its exit code; null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Ends the process cleanly; harmless when it is already gone. */
  stop(): Promise<void>;
}

/**
 * Starts a compiled program, because Node can't run the sources: `npm run build` comes first. Resolves with its ready
 * line; rejects with what it said on standard error when it ends before.
 * @param launcher put before the command; must become the program itself, so that signals reach it
 */
export async function startServerProcess(
  main: string,
  args: readonly string[],
  launcher: readonly string[] = [],
): Promise<ServerProcess> {
  const [command, ...rest] = [...launcher, process.execPath, main, ...args];
  // Its standard input ends with this process, which is what --exit-with-parent waits for.
  const child = spawn(command!, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      reject(new Error(`${main} ended (${code ?? signal}) before it was ready: ${complaints.trim()}`)),
    );
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('{"ready":true')) resolve((JSON.parse(line) as { port: number }).port);
    });
  });
  return { port, pid: child.pid ?? 0, kill, stop: async () => void (await kill('SIGTERM')) };
}
