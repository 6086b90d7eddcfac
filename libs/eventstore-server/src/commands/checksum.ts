import { existsSync, readFileSync } from 'node:fs';
import { sha256Of } from '../checked-file.js';

/** Beside the backup, in the form of sha256sum. */
export function checksumFile(backup: string): string {
  return `${backup}.sha256`;
}

/** @throws Error that says what to do */
export async function demandIntact(backup: string): Promise<void> {
  const checksums = checksumFile(backup);
  for (const file of [backup, checksums]) {
    if (!existsSync(file)) throw new Error(`${file} is missing: a backup is two files, FILE and FILE.sha256.`);
  }
  const [expected] = readFileSync(checksums, 'utf8').split(' ');
  if ((await sha256Of(backup)) === expected) return;
  throw new Error(`${backup} is not what the backup wrote, as ${checksums} shows: take another copy of it.`);
}
