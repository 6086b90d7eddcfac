import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.js';
import { StackError } from './stack-error.js';

/** Stands in a data folder while a restore moves its parts into place. */
export interface RestoreMark {
  /** Folder of the backup. */
  readonly from: string;
  /** Subjects that stay erased, and since when: ISO instants. A restore that is run again needs them. */
  readonly erased: readonly { readonly subject: string; readonly destroyedAt: string }[];
}

const name = 'restore.json';

export function readRestoreMark(dataDir: string): RestoreMark | undefined {
  return readJson<RestoreMark>(join(dataDir, name));
}

export function writeRestoreMark(dataDir: string, mark: RestoreMark): void {
  writeJson(join(dataDir, name), mark);
}

export function removeRestoreMark(dataDir: string): void {
  rmSync(join(dataDir, name));
}

/** @throws StackError when a restore was broken off, and old and new parts stand side by side */
export function demandWholeFolder(dataDir: string): void {
  const mark = readRestoreMark(dataDir);
  if (!mark) return;
  throw new StackError(
    `A restore into ${dataDir} was broken off, so what stands there does not fit together: run it again (npm run restore -- --from ${mark.from} --to ${dataDir} --replace).`,
  );
}
