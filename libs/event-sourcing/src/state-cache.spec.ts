import { describe, expect, it } from 'vitest';
import { testContext } from '#libs/testing/src/given.js';
import { EventStoreUnavailable } from './errors.js';
import { StateCache } from './state-cache.js';
import { StreamState } from './stream-state.js';

function stream(name: string, events: number, state: object = {}, generation = 0): StreamState<object> {
  const known = new StreamState<object>(name, state, generation);
  const metadata = { ...testContext(), schemaVersion: 1 };
  for (let revision = 0; revision < events; revision++) {
    known.advance(state, { type: 'spec', revision, position: BigInt(revision), metadata });
  }
  return known;
}

describe('the cache', () => {
  it('gives up the stream that was used least recently', () => {
    const cache = new StateCache({ streams: 2, events: 100 });
    cache.keep(stream('a', 1));
    cache.keep(stream('b', 1));
    cache.get('a');
    cache.keep(stream('c', 1));
    expect(['a', 'b', 'c'].filter((name) => cache.get(name))).toEqual(['a', 'c']);
  });

  it('holds no more events than it may, and never a stream that is longer', () => {
    const cache = new StateCache({ streams: 10, events: 10 });
    cache.keep(stream('a', 4));
    cache.keep(stream('b', 4));
    cache.keep(stream('b', 6));
    expect(cache.size).toBe(2);
    cache.keep(stream('c', 1));
    expect(cache.get('a')).toBeUndefined();
    cache.keep(stream('c', 11));
    expect(cache.get('c')).toBeUndefined();
    expect(cache.get('b')).toBeDefined();
  });

  it('gives up one after the other, in the order of their last use, also after it was cleared', () => {
    const cache = new StateCache({ streams: 3, events: 100 });
    for (const round of ['first', 'second']) {
      const names = Array.from({ length: 50 }, (_, index) => `${round} ${index}`);
      for (const [index, name] of names.entries()) {
        cache.keep(stream(name, 1, {}, cache.generation));
        const known = new Set([names[0]!, ...names.slice(0, index + 1).slice(-2)]);
        expect(names.filter((each) => known.has(each) !== (cache.get(each) !== undefined))).toEqual([]);
        cache.get(names[0]!);
      }
      cache.clear();
      expect(cache.size).toBe(0);
    }
  });

  it('does not remember streams that do not exist', () => {
    const cache = new StateCache();
    cache.keep(stream('nobody', 0));
    expect(cache.size).toBe(0);
  });

  it('freezes what it holds to the last leaf', () => {
    const state = { lines: [{ price: 1 }], bytes: new Uint8Array(2) };
    new StateCache().keep(stream('a', 1, state));
    expect(() => (state.lines[0]!.price = 2)).toThrow(TypeError);
    expect(() => state.lines.push({ price: 3 })).toThrow(TypeError);
  });
});

describe('a line of works on one stream', () => {
  it('runs one at a time, in order, beside other streams', async () => {
    const cache = new StateCache();
    const steps: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = cache.exclusively('a', async () => {
      await gate.promise;
      steps.push('a1');
    });
    const second = cache.exclusively('a', async () => void steps.push('a2'));
    await cache.exclusively('b', async () => void steps.push('b1'));
    gate.resolve();
    await Promise.all([first, second]);
    expect(steps).toEqual(['b1', 'a1', 'a2']);
  });

  it('goes on after a work that failed, but not when the event store is away', async () => {
    const cache = new StateCache();
    const works = await Promise.allSettled([
      cache.exclusively('a', () => Promise.reject(new Error('refused'))),
      cache.exclusively('a', () => Promise.resolve('done')),
      cache.exclusively('a', () => Promise.reject(new EventStoreUnavailable(new Error('gone')))),
      cache.exclusively('a', () => Promise.resolve('never')),
      cache.exclusively('a', () => Promise.resolve('never')),
    ]);
    expect(works.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(works[4]).toMatchObject({ reason: { name: 'EventStoreUnavailable' } });
    expect(await cache.exclusively('a', () => Promise.resolve('again'))).toBe('again');
  });
});
