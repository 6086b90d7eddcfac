import { expect, it } from 'vitest';
import { freshId, stableId } from './ids.js';
import { Receipts } from './receipts.js';

const ids = Array.from({ length: 5_000 }, (_, n) => stableId('receipt', n));

function receipts(): Receipts {
  const all = new Receipts();
  for (const [revision, id] of ids.entries()) all.add(id, { fingerprint: id, revision, position: BigInt(revision) });
  return all;
}

it('answers the newest receipts and sends every older one to the log', () => {
  const all = receipts();
  const found = ids.map((id) => all.find(id));
  expect(found.slice(-128)).toEqual(
    ids.slice(-128).map((id, n) => ({ fingerprint: id, revision: 4_872 + n, position: BigInt(4_872 + n) })),
  );
  expect(new Set(found.slice(0, -128))).toEqual(new Set(['look_in_log']));
});

it('knows almost every new command without the log', () => {
  const all = receipts();
  const lookalikes = Array.from({ length: 10_000 }, (_, n) => stableId('new', n)).filter((id) => all.find(id));
  expect(lookalikes.length).toBeLessThan(5);
});

it('answers the last event of a command that made several', () => {
  const all = new Receipts();
  const id = freshId();
  for (const revision of [0, 1, 2]) all.add(id, { fingerprint: undefined, revision, position: 7n });
  expect(all.find(id)).toEqual({ fingerprint: undefined, revision: 2, position: 7n });
});
