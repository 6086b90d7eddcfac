import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kustomizationFile } from './folder-content.js';

/** Holds folders that are not whole yet or not wanted any more; no id of a cluster begins with a dot. */
const workshop = '.keiyaku';

export interface FolderChange {
  /** Folders below the root that were written or removed, `tokyo-2/env-…`. */
  readonly paths: readonly string[];
  /** How each file came to what it is. */
  readonly outcomes: ReadonlyMap<string, 'created' | 'configured' | 'unchanged'>;
}

interface Place {
  readonly root: string;
  readonly cluster: string;
  readonly namespace: string;
}

/**
 * Makes the environment's folder hold these files and no others, under its cluster and no other. Whoever reads it sees
 * the old or the new one whole, or, for the moment between two renames, none. It can be repeated at every point.
 */
export async function writeFolder(
  { root, cluster, namespace }: Place,
  files: ReadonlyMap<string, string>,
): Promise<FolderChange> {
  const path = join(cluster, namespace);
  const standing = await filesOf(join(root, path));
  const outcomes = new Map(
    [...files].map(([name, text]) => {
      const before = standing.get(name);
      return [name, before === undefined ? 'created' : before === text ? 'unchanged' : 'configured'] as const;
    }),
  );
  const same = standing.size === files.size && [...outcomes.values()].every((outcome) => outcome === 'unchanged');
  if (!same) await replace(root, path, files);
  const strays = await removeFolders(root, namespace, cluster);
  return { paths: [path, ...strays], outcomes };
}

/**
 * Removes the environment's folder wherever it stands, but for one cluster.
 * @returns what is gone now, `tokyo-2/env-…`
 */
export async function removeFolders(root: string, namespace: string, except?: string): Promise<readonly string[]> {
  const clusters = (await readdir(root, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== except)
    .map(({ name }) => name);
  const removed: string[] = [];
  for (const cluster of clusters) {
    const path = join(cluster, namespace);
    if (!(await filesOf(join(root, path))).has(kustomizationFile)) continue;
    await takeAway(root, path);
    removed.push(path);
  }
  return removed;
}

async function replace(root: string, path: string, files: ReadonlyMap<string, string>): Promise<void> {
  const fresh = await workplace(root);
  try {
    await mkdir(fresh);
    for (const [name, text] of files) await writeFile(join(fresh, name), text);
    await mkdir(join(root, path, '..'), { recursive: true });
    await takeAway(root, path, () => rename(fresh, join(root, path)));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Moves a folder out of the way before anything of it is deleted, and puts another one in its place at once. */
async function takeAway(root: string, path: string, put?: () => Promise<void>): Promise<void> {
  const old = await workplace(root);
  try {
    await rename(join(root, path), old).catch(ignoreMissing);
    await put?.();
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

/** A name beside the folders of clusters, so that a rename stays within one file system. Git is told to ignore it. */
async function workplace(root: string): Promise<string> {
  const folder = join(root, workshop);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.gitignore'), '*\n');
  return join(folder, randomUUID());
}

async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
  return new Map(await Promise.all(names.map(async (name) => [name, await readText(join(folder, name))] as const)));
}

/** What is no file, like a folder that somebody made there, is no content of ours. */
async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return '';
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
}
