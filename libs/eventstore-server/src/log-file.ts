import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** In every data folder. */
export const logFile = 'data.mdb';
/** Where a log is made before it gets its place. What a kill leaves there, the next one who makes a log removes. */
export const unfinished = '.restoring';

/**
 * Makes a log in a folder where there is none. It appears there in one step: a server never finds half of it.
 * @param make writes the log into the folder that it is given; it must lie on disk when the promise is fulfilled
 */
export async function makeWholeLog<Result>(folder: string, make: (place: string) => Promise<Result>): Promise<Result> {
  const place = join(folder, unfinished);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  try {
    const result = await make(place);
    renameSync(join(place, logFile), join(folder, logFile));
    flushFolder(folder);
    return result;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
