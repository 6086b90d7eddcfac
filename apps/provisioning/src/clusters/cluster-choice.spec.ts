import type { Repository } from 'typeorm';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { ClusterRow } from '../cluster-list/cluster-list.entity.js';
import type { ProvisioningSettings } from '../settings.js';
import { abcEnvironment } from '../spec-environment.js';
import { ClusterChoice } from './cluster-choice.js';
import type { Clusters } from './clusters.js';
import type { DefaultCluster } from './default-cluster.js';
import type { ClusterCount, StandingEnvironments } from './standing.js';

const leaseMs = 15_000;
const tokyo = 'ap-northeast-1';
const osaka = 'ap-northeast-3';

/** What the list of clusters shows, what the list of environments counts, and what the log says already. */
let rows: Partial<ClusterRow>[];
let counts: ClusterCount[];
let cordoned: Set<string>;
/** How often each list was asked. */
let asked: { clusters: number; environments: number };
let choice: ClusterChoice;

beforeEach(() => {
  rows = [];
  counts = [];
  cordoned = new Set();
  asked = { clusters: 0, environments: 0 };
  const find = () => {
    asked.clusters++;
    return Promise.resolve(rows);
  };
  const count = () => {
    asked.environments++;
    return Promise.resolve(counts);
  };
  const load = (_decider: unknown, id: string) => Promise.resolve({ status: cordoned.has(id) ? 'cordoned' : 'open' });
  choice = new ClusterChoice(
    { find } as unknown as Repository<ClusterRow>,
    { counts: count } as unknown as StandingEnvironments,
    { load } as unknown as Aggregates,
    { seen: () => undefined } as unknown as Clusters,
    { added: () => Promise.resolve() } as unknown as DefaultCluster,
    { leaseMs } as ProvisioningSettings,
  );
});

function cluster(id: string, more: Partial<ClusterRow> = {}): Partial<ClusterRow> {
  return { id, status: 'open', regions: [], capacity: null, dedicatedTo: null, ...more };
}

function environment(environmentId: string, region = tokyo) {
  return { environmentId, terms: { ...abcEnvironment.terms, region } };
}

const shortage = { failure: { class: 'resource_shortage' } };

describe('a cluster that was chosen a moment ago', () => {
  it('is chosen again without a look at the others', async () => {
    rows = [cluster('tokyo-1', { capacity: 5 })];
    expect(await choice.choose(environment('a'))).toBe('tokyo-1');
    rows.unshift(cluster('tokyo-2', { capacity: 50 }));
    expect(await choice.choose(environment('a'))).toBe('tokyo-1');
    expect(asked).toEqual({ clusters: 1, environments: 1 });
  });

  it('is not chosen again when it was cordoned since', async () => {
    rows = [cluster('tokyo-1', { capacity: 5 }), cluster('tokyo-2', { capacity: 4 })];
    expect(await choice.choose(environment('a'))).toBe('tokyo-1');
    cordoned.add('tokyo-1');
    expect(await choice.choose(environment('a'))).toBe('tokyo-2');
  });

  it('is not chosen again when the contract names another region since', async () => {
    rows = [cluster('tokyo-1', { regions: [tokyo] }), cluster('osaka-1', { regions: [osaka] })];
    expect(await choice.choose(environment('a'))).toBe('tokyo-1');
    expect(await choice.choose(environment('a', osaka))).toBe('osaka-1');
  });

  it('keeps the last room from others, longer with each choice, until nobody asks any more', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    rows = [cluster('tokyo-1', { capacity: 1 })];
    await choice.choose(environment('a'));
    vi.advanceTimersByTime(1.5 * leaseMs);
    await choice.choose(environment('a'));
    vi.advanceTimersByTime(1.5 * leaseMs);
    await expect(choice.choose(environment('b'))).rejects.toMatchObject(shortage);
    vi.advanceTimersByTime(leaseMs);
    expect(await choice.choose(environment('b'))).toBe('tokyo-1');
    await expect(choice.choose(environment('a'))).rejects.toMatchObject(shortage);
  });

  it('counts once, also when the list of environments shows it', async () => {
    rows = [cluster('tokyo-1', { capacity: 2 })];
    await choice.choose(environment('a'));
    counts = [{ clusterId: 'tokyo-1', standing: 1, shown: ['a'] }];
    expect(await choice.choose(environment('b'))).toBe('tokyo-1');
    await expect(choice.choose(environment('c'))).rejects.toMatchObject(shortage);
  });
});

describe('what stands on clusters', () => {
  it('is not counted where none that may be chosen has a limit', async () => {
    rows = [
      cluster('default'),
      cluster('theirs', { capacity: 1, dedicatedTo: 'another' }),
      cluster('old', { capacity: 9, status: 'cordoned' }),
    ];
    expect(await choice.choose(environment('a'))).toBe('default');
    expect(asked).toEqual({ clusters: 1, environments: 0 });
  });

  it('is counted where one has a limit, with what was chosen while none had', async () => {
    rows = [cluster('tokyo-1')];
    await choice.choose(environment('a'));
    rows = [cluster('tokyo-1', { capacity: 1 })];
    await expect(choice.choose(environment('b'))).rejects.toMatchObject(shortage);
  });
});
