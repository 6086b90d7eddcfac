import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StepFailed } from '../carry-out-steps/step-failed.js';
import { explainTerraform } from './explain-terraform.js';
import { LineReader } from './line-reader.js';
import { TerraformProgress } from './terraform-messages.js';

const pollMs = 250;
/** So long a run has to write down its state after it was told to stop. */
const stoppingMs = 60_000;
/** What the program and its providers may see of our environment; our own secrets are none of their business. */
const passedOn = /^(PATH|HOME|TMPDIR|LANG|LC_\w+|SSL_CERT_\w+|(https?|no|all)_proxy|AWS_\w+|TF_\w+)$/i;

/** What the shell answers for a program that is not there, or is none. */
const cannotRun: ReadonlySet<number> = new Set([126, 127]);

export interface TerraformRun {
  /** `terraform`, or where it is. */
  readonly program: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Whether it is to be stopped when `signal` aborts; otherwise it goes on without us, under its state lock. */
  readonly stopsWithUs: () => boolean;
  /** Instant (ms) at which it is stopped. */
  readonly deadline: number;
  readonly onProgress: (progress: TerraformProgress) => void;
}

/**
 * Runs one command of Terraform to its end and answers its output. It writes into a file and not to us: so it goes on
 * when this process is killed, and does not lose what it has just built.
 * @throws StepFailed when it is missing, fails or takes too long; the signal's reason when that aborts
 */
export async function terraform(args: readonly [string, ...string[]], run: TerraformRun): Promise<string> {
  run.signal.throwIfAborted();
  const output = join(run.folder, `${args[0]}-${randomUUID()}.log`);
  // Warnings of the command line come on the side, also in front of an output that is one document.
  const side = `${output}.err`;
  const files = [await open(output, 'ax+', 0o600), await open(side, 'ax', 0o600)] as const;
  const progress = new TerraformProgress();
  try {
    const child = start(args, run, files[0].fd, files[1].fd);
    const exited = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const code = await follow(exited, (signal) => child.kill(signal), files[0], run, progress);
    const text = await readFile(output, 'utf8');
    if (code === 0) return text;
    if (code !== null && cannotRun.has(code)) throw missing(run.program);
    const said = (await readFile(side, 'utf8')).trim();
    const silent = progress.diagnostics.length === 0 && said !== '';
    const found = silent ? [{ severity: 'error', summary: said } as const] : progress.diagnostics;
    throw new StepFailed(explainTerraform(args[0], found));
  } finally {
    await Promise.all(files.map((file) => file.close()));
    await Promise.all([output, side].map((file) => rm(file, { force: true })));
  }
}

function start(args: readonly string[], { program, folder }: TerraformRun, output: number, side: number) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name)));
  return spawn('/bin/sh', ['-c', 'umask 077 && exec "$0" "$@"', program, ...args], {
    cwd: folder,
    // A group of its own: what ends us, like Ctrl+C in a terminal, need not end it.
    detached: true,
    stdio: ['ignore', output, side],
    env: { ...env, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' },
  });
}

/** Reads along until the program has ended. */
async function follow(
  exited: Promise<number | null>,
  kill: (signal: NodeJS.Signals) => void,
  output: FileHandle,
  { signal, stopsWithUs, deadline, onProgress }: TerraformRun,
  progress: TerraformProgress,
): Promise<number | null> {
  const lines = new LineReader(output);
  const program = { ended: false };
  const end = exited.finally(() => (program.ended = true));
  end.catch(() => undefined);
  let stoppedAt: number | undefined;
  while (!program.ended) {
    await Promise.race([end, delay(pollMs, undefined, { signal }).catch(() => undefined)]);
    const news = (await lines.next()).map((line) => progress.take(line));
    if (news.some(Boolean)) onProgress(progress);
    if (signal.aborted && !program.ended) {
      if (stopsWithUs()) kill('SIGINT');
      throw signal.reason;
    }
    if (Date.now() < deadline || program.ended) continue;
    if (stoppedAt === undefined) kill('SIGINT');
    stoppedAt ??= Date.now();
    if (Date.now() - stoppedAt > stoppingMs) kill('SIGKILL');
  }
  const code = await end;
  for (const line of await lines.next()) progress.take(line);
  if (stoppedAt !== undefined) throw tooLong();
  return code;
}

function missing(program: string): StepFailed {
  return new StepFailed({
    class: 'configuration',
    reason: `The program ${program} can't be run`,
    whatToDo: 'Install Terraform 1.9 or newer, or set TERRAFORM_BIN to where it is; then start again and retry.',
  });
}

function tooLong(): StepFailed {
  return new StepFailed({
    class: 'transient',
    reason: 'terraform did not come to an end in time, and was stopped',
    whatToDo: 'It goes on where it stopped. If it needs longer, set TERRAFORM_SECONDS to more.',
  });
}
