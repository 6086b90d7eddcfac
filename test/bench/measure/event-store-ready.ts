/** The event store server from its start to the line that says that it serves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compiled } from '#libs/local-stack/src/files.js';
import type { Settings } from '../settings.js';
import { median } from '../statistics.js';

/** Median in milliseconds; what V8 made of the modules is there from an earlier start. */
export async function measureEventStoreReady(settings: Settings, report: (line: string) => void): Promise<number> {
  await readyOnce();
  const times: number[] = [];
  for (let start = 0; start < settings.eventStoreStarts; start++) times.push(await readyOnce());
  report(`event store ready: ${times.map(Math.round).join(' ')} ms`);
  return median(times);
}

async function readyOnce(): Promise<number> {
  const args = [compiled('libs/eventstore-server/src/main.js'), '--in-memory', '--port', '0'];
  const started = performance.now();
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  let ms: number | undefined;
  for await (const _ready of createInterface(server.stdout)) {
    ms ??= performance.now() - started;
    server.kill('SIGTERM');
  }
  await exited;
  if (ms === undefined) throw new Error('The event store server ended before it was ready.');
  return ms;
}
