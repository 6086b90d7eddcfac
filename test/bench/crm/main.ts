/**
 * Measures the CRM by itself. Progress goes to standard error. The last line of standard output holds the figures: rates
 * per second, times in milliseconds, ratios as ours / baseline.
 */
import { parseArgs } from 'node:util';
import { StackError } from '#libs/local-stack/src/stack-error.js';
import { type CrmSettings, full, parts, quick } from './settings.js';

const usage = 'Usage: npm run bench -- crm [--json] [--quick] [--customers N] [--data DIR] [--only NAME]...';

const { settings, json } = readOptions();
// It loads much of the product, which whoever asks for something else should not have to wait for.
const { measureCrm } = await import('./measure-crm.js');
const started = performance.now();
const report = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
};
const figures = await measureCrm(settings, report).catch((error: unknown) => {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return process.exit(1);
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
        data: { type: 'string' },
        only: { type: 'string', multiple: true },
      },
    });
    const settings = values.quick ? quick : full;
    const customers = Number(values.customers ?? settings.customers);
    if (!Number.isSafeInteger(customers) || customers < 100) {
      throw new Error(`--customers is "${values.customers}" and must be a whole number from 100.`);
    }
    const unknown = values.only?.find((name) => !parts.some((part) => part === name));
    if (unknown !== undefined) throw new Error(`--only knows no ${unknown}: it takes ${parts.join(', ')}.`);
    const only = parts.filter((part) => values.only?.includes(part) ?? true);
    const { data } = values;
    return { settings: { ...settings, customers, only, ...(data !== undefined && { data }) }, json: values.json };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}
