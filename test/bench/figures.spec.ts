import { expect, it } from 'vitest';
import { fullScale, quickScale } from './event-store/scale.js';
import * as eventStore from './event-store/settings.js';
import { printed } from './figures.js';
import * as provisioning from './provisioning/settings.js';
import { concurrencies, full, quick } from './settings.js';

it('prints every figure by its name with three digits, as it is at 64, and by concurrency', () => {
  const byConcurrency = new Map(
    concurrencies.map((concurrency) => [concurrency, { commandsPerSecond: 1_234.5 * concurrency }]),
  );
  const figures = printed(byConcurrency, { rssMb: 312.44, startMs: 1_999.6 });
  expect(JSON.parse(JSON.stringify(figures))).toEqual({
    commandsPerSecond: 79_000,
    rssMb: 312,
    startMs: 2_000,
    byConcurrency: {
      1: { commandsPerSecond: 1_230 },
      16: { commandsPerSecond: 19_800 },
      64: { commandsPerSecond: 79_000 },
    },
  });
});

it('prints what was measured alone when only that was asked for', () => {
  const nothing = new Map(concurrencies.map((concurrency) => [concurrency, {}]));
  expect(printed(nothing, { startMs: 1 })).toEqual({ startMs: 1, byConcurrency: { 1: {}, 16: {}, 64: {} } });
});

it.each<[string, object, object]>([
  ['product', quick, full],
  ['event store server', eventStore.quick, eventStore.full],
  ['provisioning', provisioning.quick, provisioning.full],
  ['large log', quickScale, fullScale],
])('measures each thing in a quick run too, never longer than in a full one: %s', (_what, short, long) => {
  const flat = (settings: object): [string, number][] =>
    Object.entries(settings).flatMap(([name, value]) =>
      typeof value === 'object' ? flat(value as object) : [[name, value as number]],
    );
  const most = flat(long);
  expect(flat(short).map(([name]) => name)).toEqual(most.map(([name]) => name));
  for (const [index, [name, value]] of flat(short).entries()) {
    expect(value, name).toBeGreaterThan(0);
    expect(value, name).toBeLessThanOrEqual(most[index]![1]);
  }
});

it.each([
  ['quick', quick],
  ['full', full],
])('signs as many contracts as are to be on their way at once in a %s run', (_name, { environments }) => {
  for (const concurrency of concurrencies) expect(environments[concurrency]).toBeGreaterThanOrEqual(concurrency);
});
