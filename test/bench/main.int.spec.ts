import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';

/** What whoever compares runs of the CRM relies on. */
const crmFigures = [
  'createMsP95',
  'createsPerSecond',
  'customers',
  'directMsP50',
  'duplicateMsP50',
  'duplicateMsP95',
  'gatewayMsP50',
  'gatewayRatio',
  'listMsP50',
  'listMsP95',
  'listRebuildEventsPerSecond',
  'listRebuildRatio',
  'rawReadEventsPerSecond',
  'searchMsP50',
  'searchMsP95',
  'searchRebuildEventsPerSecond',
  'searchRebuildRatio',
  'seededEventsPerSecond',
  'updateMsP95',
  'updatesPerSecond',
];

async function bench(...args: string[]): Promise<{ code: unknown; out: string; complaints: string }> {
  const child = spawn(process.execPath, [compiled('test/bench/main.js'), ...args]);
  const [out, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, complaints };
}

it.each([
  [['--only', 'luck'], '--only knows no luck: it takes start, writes, lag, reads, webhooks, rebuild, rehydrate'],
  [['--fast'], "Unknown option '--fast'"],
])('says what it takes when it is called with %j', async (args, complaint) => {
  const { code, out, complaints } = await bench(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain(complaint);
  expect(complaints).toContain('Usage: npm run bench -- [--json] [--quick] [--only NAME]... [--profile DIR]');
});

it.each(['event-store', 'provisioning'])('measures %s by itself, which takes fewer options', async (part) => {
  const { code, out, complaints } = await bench(part, '--only', 'appends');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain("Unknown option '--only'");
  expect(complaints).toContain(`Usage: npm run bench -- ${part} [--json] [--quick]`);
});

it('measures the CRM on a data set that it writes itself, or that is there', { timeout: 180_000 }, async () => {
  const data = temporaryFolder();
  const stays = ['crm', '--quick', '--customers', '100', '--json', '--data', data];
  const { code, out, complaints } = await bench(...stays);
  expect({ code, complaints }).toEqual({
    code: 0,
    complaints: expect.stringContaining('of 100 customers are written'),
  });
  const figures = JSON.parse(out) as Record<string, number>;
  expect(Object.keys(figures).toSorted()).toEqual(crmFigures);
  expect(Object.entries(figures).filter(([, value]) => !(value > 0))).toEqual([]);

  const again = await bench(...stays, '--only', 'queries');
  expect(again).toMatchObject({ code: 0, complaints: expect.stringContaining('100 customers are there already') });
  const queries = crmFigures.filter((name) => /^(customers|search|list|duplicate)(Ms|$)/.test(name));
  expect(Object.keys(JSON.parse(again.out) as object).toSorted()).toEqual(queries);
});

it.each([
  [['--customers', 'few'], '--customers is "few" and must be a whole number from 100.'],
  [['--only', 'luck'], '--only knows no luck: it takes queries, commands, rebuild, gateway.'],
  [['--fast'], "Unknown option '--fast'"],
])('says what it takes when it is to measure the CRM with %j', async (args, complaint) => {
  const { code, out, complaints } = await bench('crm', ...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain(complaint);
  expect(complaints).toContain(
    'Usage: npm run bench -- crm [--json] [--quick] [--customers N] [--data DIR] [--only NAME]...',
  );
});
