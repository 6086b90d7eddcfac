import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FileEntry, sha256Of } from '#libs/eventstore-server/src/checked-file.js';
import type { LogSummary } from '#libs/eventstore-server/src/log-copy.js';
import { compiled, writeJson } from '#libs/local-stack/src/files.js';
import { StackError } from '#libs/local-stack/src/stack-error.js';
import { derivedKey } from '#libs/secrets/src/derived-key.js';
import type { OwnRows } from './own-rows.js';

const manifestName = 'manifest.json';
const formatVersion = 2;

/** What a backup holds. It is written last: a folder without it is no backup. */
export interface Manifest {
  readonly format: typeof formatVersion;
  /** ISO instant at which everything was copied. */
  readonly takenAt: string;
  readonly tool: {
    readonly keiyaku: string;
    /** Major version: another one does not read the files. */
    readonly postgres: string;
    /** Like `linux-x64`: the files of Postgres are made for one kind of machine. */
    readonly platform: string;
  };
  readonly log: LogSummary;
  /**
   * Position of each consumer, by database, read when the databases had been copied: in the copy it is there or
   * earlier, and never behind the end of the copied log.
   */
  readonly checkpoints: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Tells whether an encryption key is the one that opens what the databases hold sealed; says nothing about it. */
  readonly encryptionKey: string;
  /** Take the place of those in the copied databases. */
  readonly rows: readonly OwnRows[];
  readonly files: readonly FileEntry[];
}

export const databasesFile = 'databases.tar';
export const logFile = 'log';

export function writeManifest(folder: string, manifest: Omit<Manifest, 'format'>): void {
  writeJson(join(folder, manifestName), { format: formatVersion, ...manifest });
}

/**
 * Reads the manifest and compares every file with it.
 * @throws StackError when the backup is not complete, damaged, or of another format
 */
export async function readBackup(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  if (!existsSync(path)) {
    throw new StackError(
      `${folder} is no complete backup: ${manifestName}, which is written last, is missing. Choose another one.`,
    );
  }
  const manifest = parsed(readFileSync(path, 'utf8'), path);
  for (const { name, bytes, sha256 } of manifest.files) {
    const file = join(folder, name);
    const damage = !existsSync(file)
      ? 'is missing'
      : statSync(file).size !== bytes
        ? `has ${statSync(file).size} bytes instead of ${bytes}`
        : (await sha256Of(file)) === sha256
          ? undefined
          : 'has another checksum';
    if (damage) throw new StackError(`The backup is damaged: ${file} ${damage}. Choose another one.`);
  }
  return manifest;
}

function parsed(text: string, path: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new StackError(`The backup is damaged: ${path} can't be read. Choose another one.`);
  }
  if (manifest.format !== formatVersion || !Array.isArray(manifest.files)) {
    throw new StackError(
      `${path} has format ${String(manifest.format)} and this version reads format ${formatVersion}: restore with the version that made it${manifest.tool ? ` (${manifest.tool.keiyaku})` : ''}.`,
    );
  }
  return manifest;
}

export function fingerprint(encryptionKey: string): string {
  const key = derivedKey(Buffer.from(encryptionKey, 'base64'), 'backup fingerprint');
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

export function keiyakuVersion(): string {
  const { version } = JSON.parse(readFileSync(join(dirname(compiled('')), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

export function platform(): string {
  return `${process.platform}-${process.arch}`;
}
