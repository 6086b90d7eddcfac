import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compiled } from '#libs/local-stack/src/files.js';
import type { PartName } from '#libs/local-stack/src/stack-plan.js';
import type { FaultOptions } from './run-faults.js';

/** Ways to break a promise of the kernel, to see that the checker notices. */
export const breakages = [
  'acknowledge-before-append',
  'checkpoint-outside-transaction',
  'policy-without-receipt',
] as const;
export type Breakage = (typeof breakages)[number];

interface Patch {
  /** Compiled file, from `dist`. */
  readonly file: string;
  readonly sound: string;
  readonly broken: string;
  /** Whose death lets the fault show, and how many of them are enough for that. */
  readonly victims: Readonly<Partial<Record<PartName, number>>>;
  readonly kills: number;
}

const patches: Readonly<Record<Breakage, Patch>> = {
  'acknowledge-before-append': {
    file: 'libs/event-sourcing/src/command-handler.js',
    sound: 'const committed = await this.store.append(known.stream, events, known.revision);',
    broken: `if (this.decider.category === 'webhook') {
            setTimeout(() => this.store.append(known.stream, events, known.revision).catch(() => undefined), 20_000);
            return { id: command.target, revision: known.revision + events.length, position: 0n };
        }
        const committed = await this.store.append(known.stream, events, known.revision);`,
    victims: { suite: 1, suite2: 1 },
    kills: 2,
  },
  'checkpoint-outside-transaction': {
    file: 'libs/event-sourcing/src/saved-position.js',
    sound: `await this.database.transaction(async (manager) => {
            await this.checkpoints.move(this.consumer, this.saved, position, { log, mark }, manager);
            await work(manager);`,
    broken: `await this.database.transaction((manager) => this.checkpoints.move(this.consumer, this.saved, position, { log, mark }, manager));
        this.saved = position;
        await new Promise((resolve) => setTimeout(resolve, 300));
        await this.database.transaction(async (manager) => {
            await work(manager);`,
    victims: { postgres: 1 },
    kills: 3,
  },
  'policy-without-receipt': {
    file: 'libs/event-sourcing/src/policy.js',
    sound: 'commandId: stableId(event.id, policy, target),',
    broken: 'commandId: crypto.randomUUID(),',
    victims: { suite2: 1 },
    kills: 1,
  },
};

/** What such a build has lost does not come any more, so there is little to wait for. */
const patienceMs = 15_000;

/** Copies the build into `folder`, breaks one piece of it, and answers how to run faults on it. Throws when the piece is not there. */
export function breakBuild(
  breakage: Breakage,
  folder: string,
): Pick<FaultOptions, 'suiteMain' | 'victims' | 'kills' | 'patienceMs'> {
  const { file, sound, broken, ...faults } = patches[breakage];
  const root = dirname(compiled(''));
  const isCode = (path: string): boolean => !path.endsWith('.compile-cache');
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true, filter: isCode });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist', file);
  const code = readFileSync(path, 'utf8');
  if (code.split(sound).length !== 2) {
    throw new Error(
      `${file} has changed: the code that "${breakage}" replaces stands there no more. Mend scripts/faults/broken-build.ts.`,
    );
  }
  writeFileSync(
    path,
    code.replace(sound, () => broken),
  );
  return { suiteMain: join(folder, 'dist/apps/suite/src/main.js'), patienceMs, ...faults };
}
