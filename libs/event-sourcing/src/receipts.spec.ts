import fc from 'fast-check';
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

it('never takes a known command for a new one, and never answers with the receipt of another', () => {
  const history = fc.array(fc.record({ command: fc.nat(400), events: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 600,
  });
  fc.assert(
    fc.property(history, fc.nat(600), (commands, asked) => {
      const all = new Receipts();
      const last = new Map<string, number>();
      let revision = 0;
      for (const { command, events } of commands) {
        const id = stableId('known', command);
        // A command that is known is not carried out again.
        if (last.has(id)) continue;
        for (let n = 0; n < events; n++) {
          all.add(id, { fingerprint: id, revision, position: BigInt(revision) });
          last.set(id, revision++);
        }
      }
      const id = stableId('known', asked);
      const found = all.find(id);
      const possible = last.has(id) ? [last.get(id), 'look_in_log'] : [undefined, 'look_in_log'];
      expect(possible).toContain(typeof found === 'object' ? found.revision : found);
    }),
  );
});
