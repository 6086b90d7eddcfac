import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { StackError, messageOf } from '#libs/local-stack/src/stack-error.js';
import { CopyOut } from './copy-protocol.js';

const run = promisify(execFile);

/** `fast` does not wait for the next checkpoint; `wal` makes the archive whole by itself. */
const command = `BASE_BACKUP (LABEL 'keiyaku', CHECKPOINT 'fast', WAL, MANIFEST 'no')`;

/** First byte of each piece that Postgres sends. */
const newArchive = 'n'.charCodeAt(0);
const data = 'd'.charCodeAt(0);

/**
 * Copies all databases of a running Postgres as one tar archive: what `pg_basebackup` does, by the same protocol. Its
 * state is that of the moment at which it ends; it holds the write-ahead log that it needs to get there.
 * @param url of a superuser
 */
export async function takeBaseBackup(url: string, write: (chunk: Buffer) => void): Promise<void> {
  const client = new Client(`${url}?replication=true`);
  await client.connect();
  try {
    let archives = 0;
    const copy = new CopyOut(command, (chunk) => {
      if (chunk[0] === newArchive && ++archives > 1) {
        throw new StackError(
          'The databases have tablespaces outside the data folder, which this backup does not cover.',
        );
      }
      if (chunk[0] === data) write(chunk.subarray(1));
    });
    client.query(copy);
    await copy.done;
  } finally {
    await client.end();
  }
}

/** Unpacks such an archive into a new folder, which Postgres recovers when it starts there. */
export async function unpackBaseBackup(archive: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    await run('tar', ['--extract', '--no-same-owner', '--same-permissions', '--file', archive, '--directory', folder]);
  } catch (error) {
    throw new StackError(`The databases can't be unpacked into ${folder} (${messageOf(error).trim()}).`);
  }
}
