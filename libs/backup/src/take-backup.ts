import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { CheckedFile, type FileEntry } from '#libs/eventstore-server/src/checked-file.js';
import { exportLog } from '#libs/eventstore-server/src/log-copy.js';
import { readJson } from '#libs/local-stack/src/files.js';
import { InstanceRuns, lockDataFolder } from '#libs/local-stack/src/instance-lock.js';
import { postgresMajor, startPostgres } from '#libs/local-stack/src/postgres.js';
import { hasCode } from '#libs/local-stack/src/process-table.js';
import { demandWholeFolder } from '#libs/local-stack/src/restore-mark.js';
import { readSecrets, secretsFile } from '#libs/local-stack/src/secrets.js';
import { StackError } from '#libs/local-stack/src/stack-error.js';
import { takeBaseBackup } from './base-backup.js';
import { checkpointsOf } from './databases.js';
import {
  type Manifest,
  databasesFile,
  fingerprint,
  keiyakuVersion,
  logFile,
  platform,
  readBackup,
  writeManifest,
} from './manifest.js';
import { copyOwnRows, layoutOf } from './own-rows.js';

export interface BackupOptions {
  /** Of the local stack, which may run or not. */
  readonly dataDir: string;
  /** Made when it is missing; must be empty. */
  readonly to: string;
}

/**
 * Copies databases and log of a local stack. The databases come first: every checkpoint in them then stands at or
 * before the end of the log, so that consumers go on from there after a restore and miss nothing. The rows that events
 * name, like keys, come once more after the log: the copy then has those of its last events too.
 * @throws StackError that says what to do
 */
export async function takeBackup({ dataDir: folder, to }: BackupOptions): Promise<Manifest> {
  const secrets = readSecrets(secretsFile(folder));
  if (!secrets) {
    throw new StackError(`Nothing was ever started on ${folder}: set KEIYAKU_DATA to the data folder of npm start.`);
  }
  const dataDir = demandLocalStores(folder);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  if (readdirSync(to).length > 0) throw new StackError(`${to} is not empty: choose a new folder for the backup.`);

  return withPostgres(dataDir, secrets.postgresPassword, async (server) => {
    const layout = await layoutOf(server);
    const databases = await copy(join(to, databasesFile), (write) => takeBaseBackup(server, write));
    const checkpoints = await checkpointsOf(server);
    const log = await copy(join(to, logFile), (write) => exportLog(join(dataDir, 'event-store'), write));
    const own = await copyOwnRows(server, to, layout);
    writeManifest(to, {
      takenAt: new Date().toISOString(),
      tool: { keiyaku: keiyakuVersion(), postgres: await postgresMajor(), platform: platform() },
      log: log.result,
      checkpoints: byDatabase(checkpoints),
      encryptionKey: fingerprint(secrets.encryptionKey),
      rows: own.rows,
      files: [databases.entry, log.entry, ...own.files],
    });
    return readBackup(to);
  });
}

/** What runs elsewhere has tools of its own for this. */
function demandLocalStores(folder: string): string {
  const dataDir = realpathSync(folder);
  demandWholeFolder(dataDir);
  const parts = [
    ['Postgres', 'postgres/PG_VERSION'],
    ['The event store', 'event-store/data.mdb'],
  ] as const;
  for (const [title, file] of parts) {
    if (existsSync(join(dataDir, file))) continue;
    throw new StackError(
      `${title} of this instance is not in ${dataDir}, so it runs elsewhere: back it up with its own tools, in the order that docs/backup.md names.`,
    );
  }
  return dataDir;
}

/** Postgres as it runs; on a stack that is stopped it is started for the time being. */
async function withPostgres<Result>(
  dataDir: string,
  password: string,
  work: (server: string) => Promise<Result>,
): Promise<Result> {
  let lock;
  try {
    lock = await lockDataFolder(dataDir);
  } catch (error) {
    if (!(error instanceof InstanceRuns)) throw error;
    const port = readJson<{ postgres: number }>(join(dataDir, 'ports.json'))?.postgres;
    const server = `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
    return await work(server).catch((failure: unknown) => {
      if (!hasCode(failure, 'ECONNREFUSED')) throw failure;
      throw new StackError(`${dataDir} is in use, and its Postgres does not answer: wait until it is up, or stop it.`);
    });
  }
  try {
    const logFile = join(dataDir, 'logs', 'backup-postgres.log');
    const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), durable: true, password, logFile });
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    await lock.release();
  }
}

async function copy<Result>(
  path: string,
  work: (write: (chunk: Uint8Array) => void) => Promise<Result>,
): Promise<{ readonly entry: FileEntry; readonly result: Result }> {
  using file = new CheckedFile(path);
  const result = await work((chunk) => file.write(chunk));
  return { entry: file.finish(), result };
}

function byDatabase(checkpoints: Awaited<ReturnType<typeof checkpointsOf>>): Manifest['checkpoints'] {
  const byName: Record<string, Record<string, string>> = {};
  for (const { database, consumer, position } of checkpoints) (byName[database] ??= {})[consumer] = position;
  return byName;
}
