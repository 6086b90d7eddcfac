/**
 * Measures Keiyaku as a whole against its own baselines: `npm run bench -- [--json] [--quick] [--only NAME]… [--profile DIR]`.
 * Progress goes to standard error. With --json the last line of standard output holds the figures: rates per second,
 * times in milliseconds, ratios as ours / baseline.
 */
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Bench } from './bench.js';
import { type Figures, printed } from './figures.js';
import { measureEnvironments } from './measure/environments.js';
import { measureGateway } from './measure/gateway.js';
import { measureLag } from './measure/lag.js';
import { measureReads } from './measure/reads.js';
import { measureRebuild } from './measure/rebuild.js';
import { measureRehydrate } from './measure/rehydrate.js';
import { measureStart } from './measure/start-up.js';
import { measureWebhooks } from './measure/webhooks.js';
import { measureWrites } from './measure/writes.js';
import { type Concurrency, concurrencies, full, quick } from './settings.js';

const usage =
  'Usage: npm run bench -- [--json] [--quick] [--only NAME]... [--profile DIR]\n' +
  '       npm run bench -- crm|event-store|provisioning [--json] [--quick]';
const parts = [
  'start',
  'writes',
  'lag',
  'reads',
  'webhooks',
  'rebuild',
  'rehydrate',
  'environments',
  'gateway',
] as const;

const options = readOptions();
const settings = options.quick ? quick : full;
const started = performance.now();
const report = (line: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
};

const single: Record<string, number> = {};
const byConcurrency = new Map<Concurrency, Figures>(concurrencies.map((concurrency) => [concurrency, {}]));
const addAll = (figures: ReadonlyMap<Concurrency, object>): void => {
  for (const [concurrency, values] of figures) Object.assign(byConcurrency.get(concurrency)!, values);
};
const wanted = (part: (typeof parts)[number]): boolean => options.only.length === 0 || options.only.includes(part);

if (wanted('start')) Object.assign(single, await measureStart(settings, report));
const bench = await Bench.start(settings, report, { profileTo: options.profile });
try {
  report('everything is up');
  if (wanted('writes')) {
    const { byConcurrency: writes, rssMb } = await measureWrites(bench);
    addAll(writes);
    single['rssMb'] = rssMb;
  }
  if (wanted('lag')) addAll(await measureLag(bench));
  if (wanted('reads')) addAll(await measureReads(bench));
  if (wanted('webhooks')) {
    const { byConcurrency: webhooks, webhookMsP95AtPublishedRate } = await measureWebhooks(bench);
    addAll(webhooks);
    single['webhookMsP95AtPublishedRate'] = webhookMsP95AtPublishedRate;
  }
  if (wanted('rebuild')) Object.assign(single, await measureRebuild(bench));
  if (wanted('rehydrate')) Object.assign(single, await measureRehydrate(bench));
  if (wanted('environments')) addAll(await measureEnvironments(bench));
  if (wanted('gateway')) addAll(await measureGateway(bench));
} finally {
  await bench.stop();
}

const figures = printed(byConcurrency, single);
report('done');
if (options.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
else process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
process.exit();

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        profile: { type: 'string' },
      },
    });
    const known: readonly string[] = parts;
    const unknown = values.only.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`--only knows no ${unknown}: it takes ${parts.join(', ')}.`);
    return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return process.exit(2);
  }
}
