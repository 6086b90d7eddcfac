import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { openLog } from './log-file.js';
import type { LogTail } from './log-file.js';
import { identify } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { StackError } from './stack-error.js';

export interface StartHooks {
  /** Gets the process before it is ready, so that it can be recorded while it still starts. */
  onSpawn?: (process: ProcessIdentity) => void;
  /** Gives up the start and ends the process. */
  signal?: AbortSignal;
}

export interface PartOptions extends StartHooks {
  /** How people call it: "Redis". */
  title: string;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string | undefined>>;
  /** Standard output and standard error are appended here. */
  logFile: string;
  /** Says from one line of the log whether the part serves now, and on which port if the line tells. */
  isReady(line: string): { port?: number } | undefined;
  /** What ends it cleanly; default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** What the kernel sends it when this process dies, however it dies; default SIGKILL. */
  deathSignal?: NodeJS.Signals;
  /** Put before the command, for example to enter a user namespace. */
  launcher?: readonly string[];
  /** How long it may take to become ready and to stop, each in milliseconds; default 60 s and 15 s. */
  startTimeoutMs?: number;
  stopTimeoutMs?: number;
}

export interface PartProcess {
  readonly pid: number;
  readonly logFile: string;
  /** The port from the ready line, if the part told one. */
  readonly port: number | undefined;
  /** Settles when the process is gone: "ended with exit code 1", "was ended by SIGKILL". */
  readonly exited: Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it cleanly, and by force when that takes too long. */
  stop(): Promise<void>;
}

const READY_POLL_MS = 10;

/** Starts a program that dies with this process, even when this process is killed with -9, and waits until it is ready. */
export async function startPart(options: PartOptions): Promise<PartProcess> {
  options.signal?.throwIfAborted();
  using log = openLog(options.logFile);
  const child = launch(options, log.descriptor);
  const exited = exitOf(child);
  const pid = await spawned(child);
  const identity = identify(pid);
  if (identity) options.onSpawn?.(identity);
  try {
    const ready = await waitUntilReady(options, log, exited);
    return {
      pid,
      logFile: options.logFile,
      port: ready.port,
      exited,
      kill: (signal) => void child.kill(signal),
      stop: () => stopChild(child, exited, options),
    };
  } catch (error) {
    await stopChild(child, exited, options);
    throw error;
  }
}

/**
 * `detached` puts the part into a session of its own, out of reach of the terminal's Ctrl-C: this process stops the parts
 * in order. The kernel forgets a death signal when credentials change, so the launcher comes first. The shell compares
 * parents because the parent may have died before the death signal was asked for.
 */
function launch(options: PartOptions, log: number): ChildProcess {
  const deathSignal = (options.deathSignal ?? 'SIGKILL').replace('SIG', '');
  const watched = `setpriv --pdeathsig ${deathSignal} -- /bin/sh -c`.split(' ');
  const script = `test "$PPID" -eq ${process.pid} || exit 1; exec "$@"`;
  const argv = [...(options.launcher ?? []), ...watched, script, 'sh', options.command, ...options.args];
  return spawn(argv[0]!, argv.slice(1), {
    detached: true,
    stdio: ['ignore', log, log],
    env: { LC_ALL: 'C.UTF-8', ...options.env, PATH: process.env['PATH'] },
  });
}

async function spawned(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('spawn', resolve);
  child.once('error', (error) =>
    reject(new StackError(`The local stack cannot start programs (${error.message}): install the package util-linux.`)),
  );
  await promise;
  return child.pid!;
}

function exitOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once('exit', (code, signal) =>
    resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
  );
  return promise;
}

async function waitUntilReady(options: PartOptions, log: LogTail, exited: Promise<string>): Promise<{ port?: number }> {
  const timeoutMs = options.startTimeoutMs ?? 60_000;
  const deadline = Date.now() + timeoutMs;
  let ending: string | undefined;
  void exited.then((how) => (ending = how));
  const lines: string[] = [];
  while (Date.now() < deadline) {
    // Taken before the log is read: whatever the process wrote before it ended is then among the lines.
    const ended = ending;
    for (const line of log.newLines()) {
      const ready = options.isReady(line);
      if (ready) return ready;
      lines.push(line);
    }
    if (ended !== undefined) {
      throw new StackError(
        `${options.title} ${ended} before it was ready (${reasonIn(lines)}). Its log: ${options.logFile}`,
      );
    }
    options.signal?.throwIfAborted();
    await delay(READY_POLL_MS);
  }
  throw new StackError(`${options.title} was not ready after ${timeoutMs / 1000} s. Its log: ${options.logFile}`);
}

/** The line that most likely says why: the last complaint, else the last one. */
function reasonIn(lines: readonly string[]): string {
  const written = lines.map((line) => line.trim()).filter((line) => line !== '');
  const complaint = written.findLast((line) => /error|fatal|"level":[56]0/i.test(line));
  return messageIn(complaint ?? written.at(-1) ?? 'it wrote nothing').slice(0, 300);
}

/** Our own programs log JSON with the text as `msg`. */
function messageIn(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === 'string' ? msg : line;
  } catch {
    return line;
  }
}

async function stopChild(child: ChildProcess, exited: Promise<string>, options: PartOptions): Promise<void> {
  child.kill(options.stopSignal ?? 'SIGTERM');
  child.kill('SIGCONT'); // a paused process acts on a signal only once it goes on
  const force = setTimeout(() => child.kill('SIGKILL'), options.stopTimeoutMs ?? 15_000);
  await exited;
  clearTimeout(force);
}
