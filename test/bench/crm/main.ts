/**
 * Measures the CRM by itself: `npm run bench -- crm [--json] [--quick] [--customers N]`. Progress goes to standard
 * error. The last line of standard output holds the figures: rates per second, times in milliseconds, ratios as
 * ours / baseline.
 */
import { parseArgs } from 'node:util';
import { type CrmSettings, full, quick } from './settings.js';

const usage = 'Usage: npm run bench -- crm [--json] [--quick] [--customers N]';

const { settings, json } = readOptions();
// It loads much of the product, which whoever asks for something else should not have to wait for.
const { measureCrm } = await import('./measure-crm.js');
const started = performance.now();
const figures = await measureCrm(settings, (line) => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
});
process.stdout.write(`${JSON.stringify(figures, null, json ? 0 : 2)}\n`);
process.exit();

function readOptions(): { readonly settings: CrmSettings; readonly json: boolean } {
  try {
    const { values } = parseArgs({
      args: process.argv.slice(3),
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        customers: { type: 'string' },
      },
    });
    const settings = values.quick ? quick : full;
    const customers = Number(values.customers ?? settings.customers);
    if (!Number.isSafeInteger(customers) || customers < 100) {
      throw new Error(`--customers is "${values.customers}" and must be a whole number from 100.`);
    }
    return { settings: { ...settings, customers }, json: values.json };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}
