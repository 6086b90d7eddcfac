/**
 * Measures provisioning by itself: `npm run bench -- provisioning [--json] [--quick]`. Progress goes to standard error.
 * The last line of standard output holds the figures; times are in milliseconds.
 */
import { parseArgs } from 'node:util';

const usage = 'Usage: npm run bench -- provisioning [--json] [--quick]';

const options = readOptions();
// It loads much of the product, which whoever asks for something else should not have to wait for.
const { measureProvisioning } = await import('./measure-provisioning.js');
const started = performance.now();
const figures = await measureProvisioning(options.quick, (line) => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
});
process.stdout.write(`${JSON.stringify(figures, null, options.json ? 0 : 2)}\n`);
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
