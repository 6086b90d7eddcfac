/**
 * Measures the event store server by itself: `npm run bench -- event-store [--json] [--quick]`. Progress goes to standard
 * error. The last line of standard output holds the figures: rates per second, times in milliseconds, ratios as
 * ours / baseline, which is a server that speaks the protocol and stores nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLoadGenerator } from '../load/generator.js';
import { figuresOf } from './figures.js';
import { measureSpeed } from './measure-speed.js';
import { fullScale, measureScale, quickScale } from './scale.js';
import { full, quick } from './settings.js';

const usage = 'Usage: npm run bench -- event-store [--json] [--quick]';

const options = readOptions();
const settings = options.quick ? quick : full;
const started = performance.now();
const report = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
};

const dataDir = mkdtempSync(join(tmpdir(), 'keiyaku-bench-event-store-'));
const generator = startLoadGenerator();
try {
  const speed = await measureSpeed({ settings, generator, dataDir, report });
  const scale = await measureScale(options.quick ? quickScale : fullScale, dataDir, report);
  const { bytesPerEvent, rawBytesPerEvent } = scale;
  report(`${bytesPerEvent.toFixed(0)} bytes on disk for each event of ${rawBytesPerEvent.toFixed(0)} bytes`);
  report('done');
  process.stdout.write(`${JSON.stringify(figuresOf(speed, scale), null, options.json ? 0 : 2)}\n`);
} finally {
  generator.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
    });
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}
