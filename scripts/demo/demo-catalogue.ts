import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';

/** Writes what is sold to a file, with another time for which data is kept; answers its path. */
export function catalogueWithRetention(retentionDays: number): string {
  const { plans, regions } = loadCatalogue();
  const changed = Object.entries(plans).map(
    ([name, plan]) => [name, { ...plan, onTermination: { ...plan.onTermination, retentionDays } }] as const,
  );
  const file = join(mkdtempSync(join(tmpdir(), 'keiyaku-demo-')), 'catalogue.json');
  writeFileSync(file, JSON.stringify({ plans: Object.fromEntries(changed), regions }));
  return file;
}
