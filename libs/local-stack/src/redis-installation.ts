import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode } from './process-table.js';
import { StackError, messageOf } from './stack-error.js';

const run = promisify(execFile);
const POLICY = '/usr/sbin/policy-rc.d';
const WAIT_FOR_APT_MS = 120_000;

interface Surroundings {
  /** Folders of programs, as in PATH. */
  path: string;
  /** True when apt-get may install what is missing. */
  mayInstall: boolean;
}

/** The path of redis-server: the one on PATH, else one that apt-get installs when this user may do that. */
export async function findRedisServer(
  report: (line: string) => void = () => undefined,
  { path, mayInstall }: Surroundings = surroundings(),
): Promise<string> {
  const found = onPath('redis-server', path);
  if (found) return found;
  if (!mayInstall || !onPath('apt-get', path)) {
    throw new StackError('Redis is missing: install it with "sudo apt-get install redis-server", then try again.');
  }
  report('Redis is missing here: installing redis-server with apt-get, which happens once.');
  await install();
  const installed = onPath('redis-server', path);
  if (!installed) throw new StackError('apt-get installed redis-server but it is not on PATH: add its folder to PATH.');
  return installed;
}

/** Debian puts redis-server where the PATH of a bare shell may not look. */
function surroundings(): Surroundings {
  return { path: `${process.env['PATH'] ?? ''}:/usr/local/bin:/usr/bin`, mayInstall: process.getuid?.() === 0 };
}

function onPath(program: string, path: string): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return false;
    throw error;
  }
}

async function install(): Promise<void> {
  // The package starts a service of its own on port 6379 unless this script forbids it.
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await aptGet('update', '-qq');
    await aptGet('install', '-y', '-qq', '--no-install-recommends', 'redis-server');
  } catch (error) {
    const lines = messageOf(error).split('\n');
    const reason = lines.find((line) => line.startsWith('E:'));
    throw new StackError(
      `apt-get could not install Redis (${reason ?? 'no reason given'}): run "apt-get update && apt-get install redis-server", then try again.`,
    );
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}

/** Another apt run may hold the locks. The option covers those of dpkg; for the package lists it has to be tried again. */
async function aptGet(...args: string[]): Promise<void> {
  const deadline = Date.now() + WAIT_FOR_APT_MS;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  for (;;) {
    try {
      await run('apt-get', ['-o', `DPkg::Lock::Timeout=${WAIT_FOR_APT_MS / 1000}`, ...args], { env });
      return;
    } catch (error) {
      if (!messageOf(error).includes('Could not get lock') || Date.now() > deadline) throw error;
      await delay(1_000);
    }
  }
}
