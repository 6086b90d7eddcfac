import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Storage } from './storage.js';

/** Opens the log in `folder`, which is made when it is missing. Rejects when another server has it. */
export async function openDataFolder(folder: string): Promise<Storage> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(`Cannot use ${folder} as data folder: ${String(error)}`, { cause: error });
  }
  await claim(folder);
  return new Storage(folder, { durable: true });
}

/** The same storage in files that nobody can find: their names are gone at once, their space with the process. */
export function openInMemory(): Storage {
  const folder = mkdtempSync(join(tmpdir(), 'eventstore-'));
  const storage = new Storage(folder, { durable: false });
  rmSync(folder, { recursive: true });
  return storage;
}

/**
 * Takes a name of the kernel's for the folder. Unlike a lock file, such a name cannot outlive its process,
 * not even after kill -9.
 */
async function claim(folder: string): Promise<void> {
  const { dev, ino } = statSync(folder, { bigint: true });
  const name = createHash('sha256').update(`${dev}:${ino}`).digest('hex');
  const holder = createServer().unref();
  await new Promise<void>((resolve, reject) => {
    holder.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`The data folder ${folder} is in use by another server: stop that one or choose another --data.`)
          : error,
      ),
    );
    holder.listen(`\0keiyaku-eventstore-${name}`, resolve);
  });
}
