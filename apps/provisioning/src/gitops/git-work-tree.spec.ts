import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';
import { abcEnvironment } from '../spec-environment.js';
import { explainGit, GitWorkTree } from './git-work-tree.js';
import type { FolderContent } from './folder-content.js';
import { GitOpsFolder } from './gitops-folder.js';

function git(dir: string, ...args: string[]): string {
  const who = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@company.example'];
  return execFileSync('git', [...who, ...args], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

async function put(dir: string, file: string, text: string): Promise<void> {
  await mkdir(join(dir, file, '..'), { recursive: true });
  await writeFile(join(dir, file), text);
}

async function workTree(push = false) {
  const dir = temporaryFolder();
  git(dir, 'init', '--quiet', '--initial-branch=main');
  const tree = await GitWorkTree.open(dir, { push });
  if (!tree) throw new Error('This is a work tree, and there is a git.');
  return { dir, tree };
}

/** A bare repository, our clone of it, and somebody else's. */
async function shared() {
  const remote = temporaryFolder();
  git(remote, 'init', '--quiet', '--bare', '--initial-branch=main');
  const [ours, theirs] = [temporaryFolder(), temporaryFolder()];
  for (const dir of [theirs, ours]) {
    git(dir, 'clone', '--quiet', remote, '.');
    if (dir === ours) continue;
    await put(dir, 'README', 'one');
    git(dir, 'add', '--all');
    git(dir, 'commit', '--quiet', '--message', 'begin');
    git(dir, 'push', '--quiet', 'origin', 'HEAD:main');
  }
  const tree = await GitWorkTree.open(ours, { push: true });
  if (!tree) throw new Error('This is a work tree, and there is a git.');
  return { remote, ours, theirs, tree };
}

describe('a work tree', () => {
  it('is none where there is no repository', async () => {
    expect(await GitWorkTree.open(temporaryFolder(), { push: false })).toBeUndefined();
  });

  it('is none where there is no git: what is written there is committed by somebody else', async () => {
    const { dir } = await workTree();
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await GitWorkTree.open(dir, { push: false })).toBeUndefined();
    await expect(GitWorkTree.open(dir, { push: true })).rejects.toMatchObject({
      failure: { class: 'configuration', reason: expect.stringContaining('no git on this machine') },
    });
  });

  it('has to be there when it is to be pushed', async () => {
    await expect(GitWorkTree.open(temporaryFolder(), { push: true })).rejects.toMatchObject({
      failure: { class: 'configuration', whatToDo: expect.stringContaining('make GITOPS_DIR a clone') },
    });
  });

  it('is not taken for none when git does not trust it, and is used once it does', async () => {
    const { dir } = await workTree();
    const folder = new GitOpsFolder({ dir, push: false, syncMs: 1_000 });
    const content: FolderContent = { files: new Map([['a.yaml', 'a: 1\n']]), written: [], direct: [] };
    const write = () => folder.write({ identity: abcEnvironment }, content, () => undefined);
    vi.stubEnv('GIT_TEST_ASSUME_DIFFERENT_OWNER', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(write()).rejects.toMatchObject({
      failure: { class: 'configuration', whatToDo: expect.stringContaining('safe.directory') },
    });
    vi.unstubAllEnvs();
    await write();
    expect(git(dir, 'ls-files')).toMatch(/a\.yaml$/);
  });

  it('is not taken for none when its repository is gone', async () => {
    const dir = temporaryFolder();
    await writeFile(join(dir, '.git'), 'gitdir: /nowhere');
    await expect(GitWorkTree.open(dir, { push: false })).rejects.toMatchObject({
      failure: { class: 'configuration', reason: expect.stringContaining('git refused: fatal: not a git repository') },
    });
  });

  it('gets a commit of the named folder and of nothing else', async () => {
    const { dir, tree } = await workTree();
    await put(dir, 'tokyo/env-one/a.yaml', 'a: 1\n');
    await put(dir, 'tokyo/env-two/a.yaml', 'half written');
    await tree.commit(['tokyo/env-one', 'osaka/env-one'], 'CUST-1: written\n\nContract: c1');
    expect(git(dir, 'show', '--name-only', '--format=%an <%ae>|%B')).toBe(
      'Keiyaku <keiyaku@localhost>|CUST-1: written\n\nContract: c1\n\n\ntokyo/env-one/a.yaml',
    );
  });

  it('gets no commit when nothing has changed', async () => {
    const { dir, tree } = await workTree();
    await put(dir, 'tokyo/env-one/a.yaml', 'a: 1\n');
    for (const message of ['first', 'again']) await tree.commit(['tokyo/env-one'], message);
    expect(git(dir, 'log', '--format=%s')).toBe('first');
  });

  it('gets a commit of a folder that is gone', async () => {
    const { dir, tree } = await workTree();
    await put(dir, 'tokyo/env-one/a.yaml', 'a: 1\n');
    await put(dir, 'tokyo/env-two/a.yaml', 'a: 1\n');
    await tree.commit(['tokyo/env-one', 'tokyo/env-two'], 'written');
    await rm(join(dir, 'tokyo/env-one'), { recursive: true });
    await tree.commit(['tokyo/env-one'], 'removed');
    expect(git(dir, 'ls-files')).toBe('tokyo/env-two/a.yaml');
  });

  it('pushes nothing unless it is told to', async () => {
    const { remote, ours } = await shared();
    const quiet = await GitWorkTree.open(ours, { push: false });
    await put(ours, 'tokyo/env-one/a.yaml', 'a: 1\n');
    await quiet?.commit(['tokyo/env-one'], 'written');
    expect(git(remote, 'log', '--format=%s', 'main')).toBe('begin');
  });

  it('pushes what it commits, after what others have pushed meanwhile', async () => {
    const { remote, ours, theirs, tree } = await shared();
    await put(theirs, 'README', 'two');
    git(theirs, 'commit', '--quiet', '--all', '--message', 'theirs');
    git(theirs, 'push', '--quiet', 'origin', 'HEAD:main');
    await put(ours, 'tokyo/env-one/a.yaml', 'a: 1\n');
    await tree.commit(['tokyo/env-one'], 'ours');
    expect(git(remote, 'log', '--format=%s', 'main').split('\n')).toEqual(['ours', 'theirs', 'begin']);
  });

  it('says that the work tree is locked for too long, and what to do', () => {
    expect(explainGit("fatal: Unable to create '/clone/.git/index.lock': File exists.")).toMatchObject({
      class: 'transient',
      whatToDo: expect.stringContaining('remove the lock file'),
    });
  });

  it('says what git refuses, and pushes the commit once it is mended', async () => {
    const { remote, ours, tree } = await shared();
    await put(ours, 'tokyo/env-one/a.yaml', 'a: 1\n');
    git(ours, 'remote', 'set-url', 'origin', join(remote, 'nowhere'));
    await expect(tree.commit(['tokyo/env-one'], 'ours')).rejects.toMatchObject({
      failure: { class: 'configuration', whatToDo: expect.stringContaining('then retry') },
    });
    git(ours, 'remote', 'set-url', 'origin', remote);
    await tree.commit(['tokyo/env-one'], 'again');
    expect(git(remote, 'log', '--format=%s', 'main')).toBe('ours\nbegin');
  });
});

it.each([
  ["fatal: unable to access 'https://bot:s3cret@git.example/e.git/': Could not resolve host: git.example", 'transient'],
  ['ssh: connect to host git.example port 22: Connection timed out', 'transient'],
  [
    "fatal: unable to access 'https://bot:s3cret@git.example/e.git/': The requested URL returned error: 403",
    'configuration',
  ],
  ["fatal: Authentication failed for 'https://bot:s3cret@git.example/e.git/'", 'configuration'],
  ['error: cannot pull with rebase: You have unstaged changes.', 'transient'],
  ['CONFLICT (content): Merge conflict in tokyo/env-one/a.yaml', 'configuration'],
])('%s is %s, and tells no password', (said, expected) => {
  const failure = explainGit(said);
  expect(failure.class).toBe(expected);
  expect(failure.whatToDo).not.toBe('');
  expect(failure.reason).not.toContain('s3cret');
});
