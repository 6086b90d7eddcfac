/**
 * Measures provisioning by itself: `npm run bench -- provisioning [--json] [--quick]`. Progress goes to standard error.
 * The last line of standard output holds the figures; times are in milliseconds.
 */
import { parseArgs } from 'node:util';
import { Bench } from '../bench.js';
import * as product from '../settings.js';
import { rounded } from '../statistics.js';
import { followEnvironments } from './environment-log.js';
import { measureAlone } from './measure-alone.js';
import { measureClassify } from './measure-classify.js';
import { measureTogether } from './measure-together.js';
import { full, quick } from './settings.js';

const usage = 'Usage: npm run bench -- provisioning [--json] [--quick]';

const options = readOptions();
const settings = options.quick ? quick : full;
const started = performance.now();
const report = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
};

const bench = await Bench.start(options.quick ? product.quick : product.full, report);
try {
  report('everything is up');
  const log = await followEnvironments(bench);
  const alone = await measureAlone(bench, log, settings);
  await bench.quiet();
  const together = await measureTogether(bench, log, settings);
  await bench.quiet();
  const { classifyMsP95 } = await measureClassify(bench, log, settings);
  await log.stop();
  report('done');
  const figures = Object.entries({ ...together, ...alone, classifyMsP95 }).map(([name, ms]) => [name, rounded(ms)]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(figures), null, options.json ? 0 : 2)}\n`);
} finally {
  await bench.stop();
}
process.exit();

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
