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
/** For hooks of specs whose program may have to be fetched and installed first. */
export const installMs = 180_000;

/** A program that is found on this machine, or comes with a package of Debian and Ubuntu. */
export interface AptPackage {
  /** What people call it. */
  title: string;
  program: string;
  /** Name of the package. */
  name: string;
}

export interface Surroundings {
  /** Folders of programs, as in PATH. */
  path: string;
  /** True when apt-get may install what is missing. */
  mayInstall: boolean;
}

/**
 * The path of the program: the one on PATH, else one that apt-get installs when this user may do that.
 * @throws StackError that says what to install
 */
export async function findProgram(
  wanted: AptPackage,
  report: (line: string) => void = () => undefined,
  { path, mayInstall }: Surroundings = surroundings(),
): Promise<string> {
  const { title, program, name } = wanted;
  const found = onPath(program, path);
  if (found) return found;
  if (!mayInstall || !onPath('apt-get', path)) {
    throw new StackError(`${title} is missing: install it with "sudo apt-get install ${name}", then try again.`);
  }
  report(`${title} is missing here: installing ${name} with apt-get, which happens once.`);
  await install(wanted);
  const installed = onPath(program, path);
  if (!installed)
    throw new StackError(`apt-get installed ${name} but ${program} is not on PATH: add its folder to PATH.`);
  return installed;
}

/** Debian puts programs where the PATH of a bare shell may not look. */
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

async function install({ title, name }: AptPackage): Promise<void> {
  // Packages of servers start them as services, on their usual ports, unless this script forbids it.
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await aptGet('update', '-qq');
    await aptGet('install', '-y', '-qq', '--no-install-recommends', name);
  } catch (error) {
    const lines = messageOf(error).split('\n');
    const reason = lines.find((line) => line.startsWith('E:'));
    throw new StackError(
      `apt-get could not install ${title} (${reason ?? 'no reason given'}): run "apt-get update && apt-get install ${name}", then try again.`,
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
