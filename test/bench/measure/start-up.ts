/**
 * `npm start` from the command to the line that says that everything is up, in an empty folder and again; and the event
 * store server alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { compiled } from '#libs/local-stack/src/files.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import type { Settings } from '../settings.js';
import { median } from '../statistics.js';
import { measureEventStoreReady } from './event-store-ready.js';

export interface StartFigures {
  /** In a folder that has its data. */
  readonly startMs: number;
  /** In an empty folder: databases and keys are made first. */
  readonly coldStartMs: number;
  /** The event store server by itself, in memory. */
  readonly eventStoreReadyMs: number;
}

export async function measureStart(settings: Settings, report: (line: string) => void): Promise<StartFigures> {
  const dataDir = mkdtempSync(join(tmpdir(), 'keiyaku-bench-start-'));
  try {
    const coldStartMs = await startOnce(dataDir);
    const warm: number[] = [];
    for (let start = 0; start < settings.warmStarts; start++) warm.push(await startOnce(dataDir));
    report(`start: cold ${Math.round(coldStartMs)} ms; warm ${warm.map(Math.round).join(' ')} ms`);
    return { startMs: median(warm), coldStartMs, eventStoreReadyMs: await measureEventStoreReady(settings, report) };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startOnce(dataDir: string): Promise<number> {
  const root = dirname(compiled('.'));
  const started = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      KEIYAKU_DATA: dataDir,
      PORT: String(await choosePort()),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(npm, 'exit');
  let ms: number | undefined;
  for await (const line of createInterface(npm.stdout)) {
    if (!line.startsWith('Everything is up')) continue;
    ms = performance.now() - started;
    // As Ctrl-C does it: to npm and to what it started.
    process.kill(-npm.pid!, 'SIGINT');
  }
  await exited;
  if (ms === undefined) throw new Error('npm start ended before everything was up. Run it by itself to see why.');
  return ms;
}
