import { expect, it } from 'vitest';
import { type Evidence, type Seen, check } from '../../scripts/event-store-kills/check.js';

const at = (id: string, stream: string, revision: number, position: number): Seen => ({
  id,
  stream,
  revision,
  position: BigInt(position),
});
const [a0, b0, a1, a2] = [at('a0', 'a', 0, 16), at('b0', 'b', 0, 90), at('a1', 'a', 1, 170), at('a2', 'a', 2, 250)];
const log = [a0, b0, a1, a2];

/** One append of an event to `a`, one to `b`, and one of two events to `a`; everything was answered and delivered. */
function evidence(changed: Partial<Evidence> = {}): Evidence {
  return {
    attempts: [
      { stream: 'a', ids: ['a0'], answer: { revision: 0, position: 16n } },
      { stream: 'b', ids: ['b0'], answer: { revision: 0, position: 90n } },
      { stream: 'a', ids: ['a1', 'a2'], answer: { revision: 2, position: 250n } },
    ],
    log,
    mayBeGone: new Map(),
    streams: new Map([
      ['a', [a0, a1, a2]],
      ['b', [b0]],
    ]),
    subscribers: [
      { stream: undefined, seen: log },
      { stream: 'a', seen: [a0, a1, a2] },
    ],
    ...changed,
  };
}

const nobody = { subscribers: [], streams: new Map() };

it('finds nothing in a good log', () => {
  expect(check(evidence())).toEqual({ acknowledged: 4, lost: 0, half: 0, doubled: 0, findings: [] });
});

it('an append without an answer may be stored whole or not at all', () => {
  const unanswered = { stream: 'c', ids: ['c0', 'c1'] };
  const stored = [...log, at('c0', 'c', 0, 330), at('c1', 'c', 1, 400)];
  const attempts = [...evidence().attempts, unanswered];
  expect(check(evidence({ ...nobody, attempts })).findings).toEqual([]);
  expect(check(evidence({ ...nobody, attempts, log: stored })).findings).toEqual([]);
  expect(check(evidence({ ...nobody, attempts, log: stored.slice(0, -1) }))).toMatchObject({ lost: 0, half: 1 });
});

it.each<{ what: string; changed: Partial<Evidence>; verdict: object }>([
  { what: 'is missing', changed: { ...nobody, log: [a0, a1, a2] }, verdict: { lost: 1, half: 0, doubled: 0 } },
  { what: 'is missing in part', changed: { ...nobody, log: [a0, b0, a1] }, verdict: { lost: 1, half: 1 } },
  {
    what: 'has another number',
    changed: { ...nobody, log: [a0, b0, at('a2', 'a', 1, 170), at('a1', 'a', 2, 250)] },
    verdict: { lost: 3, half: 1 },
  },
  {
    what: 'has another position',
    changed: { ...nobody, log: [a0, at('b0', 'b', 0, 91), a1, a2] },
    verdict: { lost: 1, half: 0 },
  },
  { what: 'is stored twice', changed: { ...nobody, log: [...log, at('b0', 'b', 1, 300)] }, verdict: { doubled: 1 } },
])('finds an acknowledged event that $what', ({ changed, verdict }) => {
  expect(check(evidence(changed))).toMatchObject(verdict);
});

it.each<{ what: string; seen: readonly Seen[]; verdict: object }>([
  { what: 'lacks one', seen: [a0, a1, a2], verdict: { lost: 1, doubled: 0 } },
  { what: 'got one twice', seen: [a0, b0, b0, a1, a2], verdict: { lost: 0, doubled: 1 } },
  { what: 'got one that is gone', seen: [...log, at('x', 'x', 0, 300)], verdict: { lost: 1, doubled: 0 } },
  { what: 'got another event at a place', seen: [a0, at('b0', 'b', 0, 17), a1, a2], verdict: { lost: 0, doubled: 1 } },
])('finds a subscriber that $what', ({ seen, verdict }) => {
  expect(check(evidence({ subscribers: [{ stream: undefined, seen }] }))).toMatchObject(verdict);
});

it('lets go what a scavenge may have removed, and nothing else', () => {
  const scavenged = {
    log: [b0, a2],
    streams: new Map([
      ['a', [a2]],
      ['b', [b0]],
    ]),
  };
  const allowed = (below: number): Evidence => evidence({ ...scavenged, mayBeGone: new Map([['a', below]]) });
  expect(check(allowed(2))).toEqual({ acknowledged: 4, lost: 0, half: 0, doubled: 0, findings: [] });
  expect(check(allowed(1))).toMatchObject({ lost: 3, half: 1 });
  const hidden = evidence({ streams: new Map([['a', [a2]]]), mayBeGone: new Map([['a', 2]]) });
  expect(check(hidden).findings).toEqual([]);
  expect(check({ ...hidden, mayBeGone: new Map([['a', 1]]) }).findings).toEqual([
    'order: a reads otherwise than in the log',
  ]);
});

it('finds what is out of order', () => {
  const findings = (changed: Partial<Evidence>): string => check(evidence(changed)).findings.join('\n');
  expect(findings({ subscribers: [{ stream: undefined, seen: [a0, a1, b0, a2] }] })).toContain('subscriber 1');
  expect(findings({ ...nobody, log: [a0, a1, b0, a2] })).toContain('order: b0 at 90 follows 170');
  expect(findings({ streams: new Map([['a', [a0, a1]]]) })).toContain('order: a reads otherwise');
  expect(findings({ ...nobody, attempts: [], log: [a0, b0, a2] })).toContain('order: a goes on with 2 in place of 1');
});
