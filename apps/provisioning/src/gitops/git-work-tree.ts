import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { StepFailed } from '../carry-out-steps/step-failed.js';

const patienceMs = 60_000;
/** How long another program may hold the index or a branch. */
const lockedMs = 10_000;
const lockedPauseMs = 100;

/** The program answered with an error. */
class GitError extends Error {
  override readonly name = 'GitError';
}

interface Author {
  readonly name: string;
  readonly email: string;
}

/** Who commits, unless git's own variables (`GIT_AUTHOR_NAME`, …) name somebody. */
const author: Author = { name: 'Keiyaku', email: 'keiyaku@localhost' };

/** A clone that environments' folders are committed to. */
export class GitWorkTree {
  private constructor(
    private readonly dir: string,
    private readonly push: boolean,
  ) {}

  /**
   * Undefined when the folder is in no work tree, or this machine has no git; somebody else commits it then, unless we
   * are to push.
   * @throws StepFailed when git can't tell, and for whatever can't be pushed
   */
  static async open(dir: string, { push }: { readonly push: boolean }): Promise<GitWorkTree | undefined> {
    const trouble = await whyNoWorkTree(dir);
    if (trouble === undefined) return new GitWorkTree(dir, push);
    if (!push) return undefined;
    throw new StepFailed({
      class: 'configuration',
      object,
      reason: `GITOPS_PUSH is true, and nothing can be committed: ${trouble}`,
      whatToDo: 'Install git and make GITOPS_DIR a clone of the remote, or unset GITOPS_PUSH; then retry.',
    });
  }

  /**
   * Commits what has changed in these paths and nothing else; without a change there is no commit. What was committed
   * before and did not get through is pushed too.
   * @throws StepFailed
   */
  async commit(paths: readonly string[], message: string): Promise<void> {
    try {
      await unlessLocked(() => this.record(paths, message));
      if (this.push) await this.publish();
    } catch (error) {
      throw error instanceof GitError ? new StepFailed(explainGit(error.message)) : error;
    }
  }

  private async record(paths: readonly string[], message: string): Promise<void> {
    const changed: string[] = [];
    for (const path of paths) if ((await this.changes(path)) !== '') changed.push(path);
    if (changed.length === 0) return;
    await git(this.dir, ['add', '--all', '--', ...changed]);
    await git(this.dir, ['commit', '--quiet', '--only', '--message', message, '--', ...changed]);
  }

  private changes(path: string): Promise<string> {
    return git(this.dir, ['status', '--porcelain', '--untracked-files=all', '--', path]);
  }

  /** Others push to the branch too: what they did goes before ours. */
  private async publish(): Promise<void> {
    try {
      await git(this.dir, ['push', '--quiet']);
    } catch (error) {
      if (!(error instanceof GitError) || !/\[rejected\]|fetch first|non-fast-forward/.test(error.message)) throw error;
      try {
        await git(this.dir, ['pull', '--rebase', '--quiet']);
      } catch (refused) {
        await git(this.dir, ['rebase', '--abort']).catch(() => undefined);
        throw refused;
      }
      await git(this.dir, ['push', '--quiet']);
    }
  }
}

/** Every other answer of git is trouble with a work tree that is there. @throws StepFailed */
async function whyNoWorkTree(dir: string): Promise<string | undefined> {
  try {
    const inside = await git(dir, ['rev-parse', '--is-inside-work-tree']);
    return inside.trim() === 'true' ? undefined : `${dir} is inside a repository, but in no work tree`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'there is no git on this machine';
    if (!(error instanceof GitError)) throw error;
    // A work tree whose repository is gone is no git repository either, "not a git repository: /srv/…".
    if (/not a git repository \(or any/.test(error.message)) return `${dir} is in no work tree of git`;
    throw new StepFailed(explainGit(error.message));
  }
}

async function unlessLocked(work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + lockedMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const locked = error instanceof GitError && isLocked(error.message);
      if (!locked || Date.now() + lockedPauseMs > deadline) throw error;
      await delay(lockedPauseMs);
    }
  }
}

function isLocked(message: string): boolean {
  return /\.lock': File exists|cannot lock ref/i.test(message);
}

const object = 'The work tree at GITOPS_DIR';
const unreachable = /could not resolve host|timed out|connection (refused|reset)|unable to access|hung up/i;

/** What git said, with what to do. Exported for its spec. */
export function explainGit(message: string): StepFailed['failure'] {
  const said = message.replace(/\/\/[^/@\s]+@/g, '//').trim();
  if (isLocked(message) || /unstaged changes|uncommitted changes/.test(message)) {
    return {
      class: 'transient',
      object,
      reason: `Another program works in it: ${said}`,
      whatToDo: 'If no git is running there, commit what is left or remove the lock file. The work goes on by itself.',
    };
  }
  if (unreachable.test(said) && !/\b40[13]\b/.test(said)) {
    return {
      class: 'transient',
      object,
      reason: `The remote of the work tree can't be reached: ${said}`,
      whatToDo: 'Check the network and the address of the remote. The commit is pushed with the next try.',
    };
  }
  if (/dubious ownership/.test(said)) {
    return {
      class: 'configuration',
      object,
      reason: `It belongs to another user, so git does not use it: ${said}`,
      whatToDo:
        'Give the folder to the user of the workers, or add it to safe.directory of that user as git says; then retry.',
    };
  }
  return {
    class: 'configuration',
    object,
    reason: `git refused: ${said}`,
    whatToDo: 'Correct what it names (conflicts, access rights, the branch and its remote), then retry.',
  };
}

function git(dir: string, args: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    // Asked for a password, it would wait for ever; in another language, its messages could not be told apart.
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
  const who = [`user.name=${author.name}`, `user.email=${author.email}`].flatMap((setting) => ['-c', setting]);
  const options = { cwd: dir, env, timeout: patienceMs, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile('git', [...who, ...args], options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.killed) reject(new GitError(`git ${args[0]} timed out after ${patienceMs / 1_000} s`));
      else if (typeof error.code === 'number') reject(new GitError(stderr.trim() || stdout.trim() || error.message));
      else reject(error);
    });
  });
}
