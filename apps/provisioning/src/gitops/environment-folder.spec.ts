import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { removeFolders, writeFolder } from './environment-folder.js';

const namespace = 'env-one';
const region = 'ap-northeast-1';
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

it('writes a folder under its region', async () => {
  const root = temporaryFolder();
  const change = await writeFolder({ root, region, namespace }, first);
  expect(change.paths).toEqual([`${region}/${namespace}`]);
  expect([...change.outcomes.values()]).toEqual(['created', 'created', 'created']);
  expect(await readdir(join(root, region, namespace))).toEqual([...first.keys()]);
  expect(await readFile(join(root, region, namespace, '1-a.yaml'), 'utf8')).toBe('a: 1\n');
});

it('replaces it: what is no longer wanted is gone, also what somebody put there', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, region, namespace }, first);
  await mkdir(join(root, region, namespace, 'notes'));
  const { outcomes } = await writeFolder({ root, region, namespace }, second);
  expect(Object.fromEntries(outcomes)).toEqual({
    '1-a.yaml': 'unchanged',
    '3-c.yaml': 'created',
    'kustomization.yaml': 'configured',
  });
  expect(await readdir(join(root, region, namespace))).toEqual([...second.keys()]);
});

it('leaves a folder alone that is as wanted', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, region, namespace }, first);
  const { outcomes } = await writeFolder({ root, region, namespace }, first);
  expect(new Set(outcomes.values())).toEqual(new Set(['unchanged']));
});

it('leaves nothing but regions behind, and tells git to ignore its own place', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, region, namespace }, first);
  await writeFolder({ root, region, namespace }, second);
  expect(await readdir(root)).toEqual(['.keiyaku', region]);
  expect(await readdir(join(root, '.keiyaku'))).toEqual(['.gitignore']);
  expect(await readFile(join(root, '.keiyaku', '.gitignore'), 'utf8')).toBe('*\n');
});

it('is whole after a kill between the two renames', async () => {
  const root = temporaryFolder();
  await mkdir(join(root, '.keiyaku', 'what-was-there'), { recursive: true });
  await writeFolder({ root, region, namespace }, second);
  expect(await readdir(join(root, region, namespace))).toEqual([...second.keys()]);
});

it('moves to another region with the environment', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, region, namespace }, first);
  const { paths } = await writeFolder({ root, region: 'us-east-1', namespace }, first);
  expect(paths).toEqual([`us-east-1/${namespace}`, `${region}/${namespace}`]);
  expect(await readdir(join(root, region))).toEqual([]);
});

it('removes the folder of one environment alone, and again when it is gone already', async () => {
  const root = temporaryFolder();
  await writeFolder({ root, region, namespace }, first);
  await writeFolder({ root, region, namespace: 'env-two' }, first);
  expect(await removeFolders(root, namespace)).toEqual([`${region}/${namespace}`]);
  expect(await removeFolders(root, namespace)).toEqual([]);
  expect(await readdir(join(root, region))).toEqual(['env-two']);
});

it('does not touch a folder of that name that is no environment', async () => {
  const root = temporaryFolder();
  await mkdir(join(root, 'docs', namespace), { recursive: true });
  await writeFile(join(root, 'docs', namespace, 'notes.txt'), 'of somebody else');
  expect(await removeFolders(root, namespace)).toEqual([]);
  expect(await readdir(join(root, 'docs'))).toEqual([namespace]);
});
