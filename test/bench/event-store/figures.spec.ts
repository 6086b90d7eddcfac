import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { figuresOf } from './figures.js';

const speed = {
  appendsPerSecond: 6_561.2,
  appendRatio: 0.847_31,
  appendsPerSecondFlushed: 5_079.9,
  readEventsPerSecond: 19_801.4,
  readRatio: 0.816_6,
  deliveryMsP50: 8.842_1,
  deliveryMsP99: 30.93,
};
const scale = { openMs: 255.3, rssAnonMb: 184.7, bytesPerEvent: 973.6, rawBytesPerEvent: 695 };

it('gives ten figures with three digits that count, by the names that others read them by', () => {
  expect(JSON.stringify(figuresOf(speed, scale))).toBe(
    '{"appendsPerSecond":6560,"appendRatio":0.847,"appendsPerSecondFlushed":5080,"readEventsPerSecond":19800,"readRatio":0.817,"deliveryMsP50":8.84,"deliveryMsP99":30.9,"openMs":255,"rssAnonMb":185,"bytesPerEvent":974}',
  );
});

it('gives none that the page does not explain', () => {
  const page = readFileSync(new URL('../../../libs/eventstore-server/README.md', import.meta.url), 'utf8');
  for (const name of Object.keys(figuresOf(speed, scale))) expect(page).toContain(`\`${name}\``);
});
