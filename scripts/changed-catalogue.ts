import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue, type Plan } from '#libs/catalogue/src/catalogue.js';

/**
 * Writes what is shipped with other promises for the end of plans.
 * @param folder is made where it is not there
 * @returns path of the file, for CATALOGUE_FILE
 */
export function changedCatalogue(
  folder: string,
  onTermination: (plan: string, shipped: Plan['onTermination']) => Plan['onTermination'],
): string {
  const { plans, regions } = loadCatalogue();
  const changed = Object.entries(plans).map(
    ([name, plan]) => [name, { ...plan, onTermination: onTermination(name, plan.onTermination) }] as const,
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'catalogue.json');
  writeFileSync(file, JSON.stringify({ plans: Object.fromEntries(changed), regions }));
  return file;
}
