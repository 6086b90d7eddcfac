import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startStack } from '#libs/local-stack/src/stack.js';
import type { Stack } from '#libs/local-stack/src/stack.js';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';

export interface RunOptions {
  /** Each context in a process of its own behind the gateway, instead of all in one. */
  services?: boolean;
  /** Where people read: one line, or several. */
  print: (text: string) => void;
  /**
   * What to do once everything is up. The stack keeps running after it unless it resolves with an exit code.
   * `interrupted` aborts when the stack is about to stop.
   */
  work: (stack: Stack, interrupted: AbortSignal) => Promise<number | undefined>;
}

/**
 * Brings the stack up, does the work, and stops everything on Ctrl-C, when a part dies that is not started again, or
 * when whoever started this is gone.
 */
export async function runStack({ services = false, print, work }: RunOptions): Promise<void> {
  const interrupted = new AbortController();
  const ended = Promise.withResolvers<number>();
  let stack: Stack | undefined;

  const end = (exitCode: number, line: string): void => {
    if (interrupted.signal.aborted) return;
    print(line);
    interrupted.abort();
    ended.resolve(exitCode);
  };
  const onSignal = (): void => {
    if (interrupted.signal.aborted) void force(stack);
    else end(0, 'Stopping. Ctrl-C again ends everything at once.');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  process.stdout.on('error', () => interrupted.abort(ended.resolve(0)));
  watchParent(() => end(1, 'npm is gone, so everything stops.'));

  // Where the mail catcher takes all mails, whoever tries this out sees those for operators too.
  if (!process.env['SMTP_URL']) process.env['OPERATOR_MAIL'] ??= 'operators@keiyaku.example';
  const started = performance.now();
  try {
    stack = await startStack({
      dataDir: resolve(process.env['KEIYAKU_DATA'] || '.data'),
      suite: !services,
      services,
      signal: interrupted.signal,
      report: print,
      onPart: ({ title, port, ms }) => print(partLine(title, port, ms)),
      onDeath: (line) => end(1, line),
    });
    print(`Everything is up after ${seconds(performance.now() - started)}.`);
    printFirstAdministrator(stack.dataDir, print);
    const result = await Promise.race([ended.promise, work(stack, interrupted.signal)]);
    process.exitCode = result ?? (await ended.promise);
  } catch (error) {
    process.exitCode = interrupted.signal.aborted ? await ended.promise : 1;
    if (!interrupted.signal.aborted) print(error instanceof StackError ? error.message : stackTrace(error));
  } finally {
    interrupted.abort();
    await stack?.stop();
  }
  process.exit();
}

/** While the stack still starts there is nothing to wait for: the kernel ends the parts with this process. */
async function force(stack: Stack | undefined): Promise<void> {
  await stack?.kill();
  process.exit(130);
}

/** Ctrl-C reaches npm and this process alike, but a killed npm would leave this process behind. */
function watchParent(onGone: () => void): void {
  if (!process.env['npm_lifecycle_event']) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && onGone(), 1_000).unref();
}

/** Deleted only after it was printed: a start that is killed before leaves it for the next one. */
function printFirstAdministrator(dataDir: string, print: (text: string) => void): void {
  const file = join(dataDir, 'first-administrator.json');
  if (!existsSync(file)) return;
  const { email, password } = JSON.parse(readFileSync(file, 'utf8')) as { email: string; password: string };
  print(`
  The first administrator can sign in now, and this password is shown only once:
    mail      ${email}
    password  ${password}
`);
  rmSync(file);
}

function partLine(title: string, port: number | undefined, ms: number): string {
  const place = port === undefined ? '' : `port ${port}`;
  const name = title.replace(/^The (.)/, (_, initial: string) => initial.toUpperCase());
  return `  ${name.padEnd(22)} ${place.padEnd(11)} ${seconds(ms)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function stackTrace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
