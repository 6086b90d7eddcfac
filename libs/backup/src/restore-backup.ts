import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { type LogSummary, importLog } from '#libs/eventstore-server/src/log-copy.js';
import { lockDataFolder } from '#libs/local-stack/src/instance-lock.js';
import { postgresMajor, startPostgres } from '#libs/local-stack/src/postgres.js';
import { readRestoreMark, removeRestoreMark, writeRestoreMark } from '#libs/local-stack/src/restore-mark.js';
import { readSecrets, secretsFile } from '#libs/local-stack/src/secrets.js';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';
import { unpackBaseBackup } from './base-backup.js';
import { type Tombstone, bury, checkpointsOf, tombstonesOf } from './databases.js';
import { type Manifest, databasesFile, fingerprint, logFile, platform, readBackup } from './manifest.js';
import { putOwnRows } from './own-rows.js';

export interface RestoreOptions {
  /** Folder of the backup. */
  readonly from: string;
  /** Data folder of the local stack. */
  readonly to: string;
  /** What stands in the data folder may give way. */
  readonly replace?: boolean;
  /** `secrets.json` of the instance that was backed up; default: the one in the data folder. */
  readonly secrets?: string;
  /** A file with one erased subject a line. */
  readonly erased?: string;
}

export interface Restored {
  readonly takenAt: string;
  readonly log: LogSummary;
  /** What stood in the data folder before. */
  readonly replaced?: string;
  /** Subjects whose erasure the log may not know: their keys are destroyed, and their erasure is to be requested again. */
  readonly eraseAgain: readonly string[];
}

/** What a backup takes the place of. Mails and clusters are the world outside: they stay as they are. */
const parts = ['postgres', 'event-store', 'redis'] as const;
/** Everything is made here first. */
const stagingName = 'restoring';
/** What may stand in an empty folder: the way in for the key, and what a restore that failed has left. */
const noData: ReadonlySet<string> = new Set(['secrets.json', 'service-clients.json', 'logs', stagingName]);

/**
 * Puts the databases and the log of a backup into a data folder that no stack runs on. All is made and looked at
 * beside its place first; a restore that is broken off after that leaves a mark with which nothing starts.
 * @throws StackError that says what to do; the data folder is then as it was, or bears the mark
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const manifest = await readBackup(options.from);
  await demandReadable(manifest);
  mkdirSync(options.to, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(options.to);
  const lock = await lockDataFolder(dataDir);
  try {
    return await restoreLocked({ ...options, to: dataDir }, manifest);
  } finally {
    await lock.release();
  }
}

async function restoreLocked(options: RestoreOptions, manifest: Manifest): Promise<Restored> {
  const { from, to: dataDir } = options;
  const mark = readRestoreMark(dataDir);
  if (!options.replace && !isEmpty(dataDir)) {
    throw new StackError(
      `${dataDir} holds data: choose an empty folder, or add --replace to put the backup in its place.`,
    );
  }
  const secrets = options.secrets ?? secretsFile(dataDir);
  const password = passwordIn(secrets, manifest);
  const erased = [
    ...(mark?.erased ?? []),
    ...(await erasedIn(dataDir, readSecrets(secretsFile(dataDir))?.postgresPassword ?? password)),
    ...(options.erased === undefined ? [] : listed(options.erased)),
  ];

  const staging = join(dataDir, stagingName);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { mode: 0o700 });
  let log: LogSummary;
  let eraseAgain: readonly string[];
  try {
    log = await restoreLog(join(from, logFile), join(staging, 'event-store'), manifest);
    await unpackBaseBackup(join(from, databasesFile), join(staging, 'postgres'));
    eraseAgain = await withPostgres(dataDir, join(staging, 'postgres'), password, async (server) => {
      await demandCheckpointsWithin(server, log);
      // The log knows of these: it was copied after them.
      const known = new Set((await tombstonesOf(server)).map(({ subject }) => subject));
      await putOwnRows(server, from, manifest.rows);
      await bury(server, erased);
      return (await tombstonesOf(server)).map(({ subject }) => subject).filter((subject) => !known.has(subject));
    });
  } catch (error) {
    rmSync(staging, { recursive: true });
    throw error;
  }

  writeRestoreMark(dataDir, { from: realpathSync(from), erased });
  const replaced = moveAside(dataDir);
  for (const part of parts) {
    if (existsSync(join(staging, part))) renameSync(join(staging, part), join(dataDir, part));
  }
  if (options.secrets !== undefined) copyFileSync(options.secrets, secretsFile(dataDir));
  removeRestoreMark(dataDir);
  rmSync(staging, { recursive: true });
  return { takenAt: manifest.takenAt, log, eraseAgain, ...(replaced !== undefined && { replaced }) };
}

/** The files of Postgres are made for one major version on one kind of machine. */
async function demandReadable({ tool }: Manifest): Promise<void> {
  const [here, major] = [platform(), await postgresMajor()];
  if (tool.platform === here && tool.postgres === major) return;
  throw new StackError(
    `The backup was made on ${tool.platform} with Postgres ${tool.postgres}, and this is ${here} with Postgres ${major}: restore it with Keiyaku ${tool.keiyaku} on a machine like that.`,
  );
}

function isEmpty(dataDir: string): boolean {
  return readdirSync(dataDir).every((name) => noData.has(name));
}

/** The backup holds no secret in the clear, so whoever restores it brings them. */
function passwordIn(file: string, manifest: Manifest): string {
  const secrets = readSecrets(file);
  if (!secrets) {
    throw new StackError(
      `${file} is missing, and nothing can be read without the encryption key in it: put the secrets.json of the instance there, or name it with --secrets FILE.`,
    );
  }
  if (fingerprint(secrets.encryptionKey) !== manifest.encryptionKey) {
    throw new StackError(
      `${file} is of another instance than the backup: its encryption key does not open what the backup holds. Name the right one with --secrets FILE.`,
    );
  }
  return secrets.postgresPassword;
}

/** An erasure must not come back: what the databases that give way know of it counts more than the backup. */
async function erasedIn(dataDir: string, password: string): Promise<readonly Tombstone[]> {
  const folder = join(dataDir, 'postgres');
  if (!existsSync(join(folder, 'PG_VERSION'))) return [];
  try {
    return await withPostgres(dataDir, folder, password, tombstonesOf);
  } catch (error) {
    throw new StackError(
      `The databases in ${dataDir} can't be asked who was erased since the backup (${messageOf(error)}): move the folder away, and restore into an empty one with --erased FILE.`,
    );
  }
}

function listed(file: string): Tombstone[] {
  if (!existsSync(file)) throw new StackError(`${file} is missing: --erased names a file with one subject a line.`);
  const subjects = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const wrong = subjects.find((subject) => !/^[a-z-]+:\S+$/.test(subject));
  if (wrong !== undefined) throw new StackError(`"${wrong}" in ${file} is no subject like contract:0197b0f0-….`);
  const destroyedAt = new Date().toISOString();
  return subjects.map((subject) => ({ subject, destroyedAt }));
}

async function restoreLog(file: string, folder: string, manifest: Manifest): Promise<LogSummary> {
  const log = await importLog(file, folder);
  if (JSON.stringify(log) === JSON.stringify(manifest.log)) return log;
  throw new StackError(`The backup is damaged: ${file} holds another log than the manifest says. Choose another one.`);
}

/** Also makes Postgres recover the copy, so that a broken one is found before anything gives way to it. */
async function withPostgres<Result>(
  dataDir: string,
  folder: string,
  password: string,
  work: (server: string) => Promise<Result>,
): Promise<Result> {
  const logFile = join(dataDir, 'logs', 'restore-postgres.log');
  const postgres = await startPostgres({ dataDir: folder, durable: true, password, logFile });
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}

async function demandCheckpointsWithin(server: string, { head, firstEventId }: LogSummary): Promise<void> {
  for (const { database, consumer, position, log } of await checkpointsOf(server)) {
    const fits = BigInt(position) <= BigInt(head) && (log === null || log === firstEventId);
    if (fits) continue;
    throw new StackError(
      `The backup does not fit together: ${consumer} (database ${database}) stands at ${position} and the log ends at ${head}. Choose another one.`,
    );
  }
}

function moveAside(dataDir: string): string | undefined {
  const standing = parts.filter((part) => existsSync(join(dataDir, part)));
  if (standing.length === 0) return undefined;
  const aside = join(dataDir, `replaced-${new Date().toISOString().replaceAll(':', '-')}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const part of standing) renameSync(join(dataDir, part), join(aside, part));
  return aside;
}
