import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { abcEnvironment } from '../spec-environment.js';
import { removeFolders, writeFolder } from './environment-folder.js';
import { GitOpsFolder } from './gitops-folder.js';

const namespace = 'env-one';
const cluster = 'tokyo-2';
const first = new Map([
  ['1-a.yaml', 'a: 1\n'],
  ['2-b.yaml', 'b: 1\n'],
  ['kustomization.yaml', 'resources: []\n'],
]);
const second = new Map([
  ['1-a.yaml', 'a: 1\n'],
  ['3-c.yaml', 'c: 1\n'],
  ['kustomization.yaml', 'resources: [c]\n'],
]);

it('writes a folder under its cluster', async () => {
  const root = temporaryFolder();
  const change = await writeFolder({ root, cluster, namespace }, first);
  expect(change.paths).toEqual([`${cluster}/${namespace}`]);
  expect([...change.outcomes.values()]).toEqual(['created', 'created', 'created']);
  expect(await readdir(join(root, cluster, namespace))).toEqual([...first.keys()]);
  expect(await readFile(join(root, cluster, namespace, '1-a.yaml'), 'utf8')).toBe('a: 1\n');
});

it('replaces it: what is no longer wanted is gone, also what somebody put there', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, cluster, namespace }, first);
  await mkdir(join(root, cluster, namespace, 'notes'));
  const { outcomes } = await writeFolder({ root, cluster, namespace }, second);
  expect(Object.fromEntries(outcomes)).toEqual({
    '1-a.yaml': 'unchanged',
    '3-c.yaml': 'created',
    'kustomization.yaml': 'configured',
  });
  expect(await readdir(join(root, cluster, namespace))).toEqual([...second.keys()]);
});

it('leaves a folder alone that is as wanted', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, cluster, namespace }, first);
  const { outcomes } = await writeFolder({ root, cluster, namespace }, first);
  expect(new Set(outcomes.values())).toEqual(new Set(['unchanged']));
});

it('leaves nothing but folders of clusters behind, and tells git to ignore its own place', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, cluster, namespace }, first);
  await writeFolder({ root, cluster, namespace }, second);
  expect(await readdir(root)).toEqual(['.keiyaku', cluster]);
  expect(await readdir(join(root, '.keiyaku'))).toEqual(['.gitignore']);
  expect(await readFile(join(root, '.keiyaku', '.gitignore'), 'utf8')).toBe('*\n');
});

it('is whole after a kill between the two renames', async () => {
  const root = temporaryFolder();
  await mkdir(join(root, '.keiyaku', 'what-was-there'), { recursive: true });
  await writeFolder({ root, cluster, namespace }, second);
  expect(await readdir(join(root, cluster, namespace))).toEqual([...second.keys()]);
});

it('leaves the place where an earlier version wrote it', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, cluster, namespace }, first);
  const { paths } = await writeFolder({ root, cluster: 'ohio', namespace }, first);
  expect(paths).toEqual([`ohio/${namespace}`, `${cluster}/${namespace}`]);
  expect(await readdir(join(root, cluster))).toEqual([]);
});

it.each([
  ['tokyo-2', 'tokyo-2'],
  [undefined, 'default'],
])('stands under the cluster that the environment was placed on: %s', async (clusterId, expected) => {
  const dir = temporaryFolder();
  const folder = new GitOpsFolder({ dir, push: false, syncMs: 1_000 });
  const placed = { identity: abcEnvironment, ...(clusterId !== undefined && { clusterId }) };
  const { paths } = await folder.write(placed, { files: first, written: [], direct: [] }, () => undefined);
  expect(paths).toEqual([`${expected}/${abcEnvironment.namespace}`]);
  await folder.remove(placed, () => undefined);
  expect(await readdir(join(dir, expected))).toEqual([]);
});

it('removes the folder of one environment alone, and again when it is gone already', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, cluster, namespace }, first);
  await writeFolder({ root, cluster, namespace: 'env-two' }, first);
  expect(await removeFolders(root, namespace)).toEqual([`${cluster}/${namespace}`]);
  expect(await removeFolders(root, namespace)).toEqual([]);
  expect(await readdir(join(root, cluster))).toEqual(['env-two']);
});

it('does not touch a folder of that name that is no environment', async () => {
  const root = temporaryFolder();
  await mkdir(join(root, 'docs', namespace), { recursive: true });
  await writeFile(join(root, 'docs', namespace, 'notes.txt'), 'of somebody else');
  expect(await removeFolders(root, namespace)).toEqual([]);
  expect(await readdir(join(root, 'docs'))).toEqual([namespace]);
});
