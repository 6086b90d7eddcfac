import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compiled } from '#libs/local-stack/src/files.js';

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

it.each(['crm', 'event-store', 'provisioning'])('measures %s by itself, which takes fewer options', async (part) => {
  const { code, out, complaints } = await bench(part, '--only', 'appends');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(complaints).toContain("Unknown option '--only'");
  expect(complaints).toContain(`Usage: npm run bench -- ${part} [--json] [--quick]`);
});

it('measures the CRM on a data set that it writes itself', { timeout: 180_000 }, async () => {
  const { code, out, complaints } = await bench('crm', '--quick', '--customers', '100', '--json');
  expect({ code, complaints }).toEqual({
    code: 0,
    complaints: expect.stringContaining('of 100 customers are written'),
  });
  const figures = JSON.parse(out) as Record<string, number>;
  expect(Object.keys(figures).toSorted()).toEqual(crmFigures);
  expect(Object.entries(figures).filter(([, value]) => !(value > 0))).toEqual([]);
});

it('says that it needs customers to measure', async () => {
  const { code, complaints } = await bench('crm', '--customers', 'few');
  expect(code).toBe(2);
  expect(complaints).toContain('--customers is "few" and must be a whole number from 100.');
});
