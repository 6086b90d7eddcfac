import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that goes when the test is over. Register what runs in it afterwards, so that it ends first. */
export function temporaryFolder(): string {
  const folder = makeTemporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that the caller removes. */
export function makeTemporaryFolder(): string {
  return mkdtempSync(join(realpathSync(tmpdir()), 'keiyaku-'));
}
