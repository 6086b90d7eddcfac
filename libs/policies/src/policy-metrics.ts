import { Gauge, register } from 'prom-client';
import type { Backlog } from './parked-event-list.js';

/** What one app tells about its policies. */
export interface PolicyReport {
  readonly backlogs: readonly Backlog[];
  /** By policy, when the first event happened that it has not handled; undefined when there is none. */
  readonly oldestUnhandled: ReadonlyMap<string, Date | undefined>;
}

type Source = () => Promise<PolicyReport>;

// The registry belongs to the process, and a process may hold several apps.
const sources = new Set<Source>();

/** Adds an app's policies to `/metrics`; call what it answers to take them out. */
export function reportPolicies(source: Source): () => void {
  if (sources.size === 0) declareGauges();
  sources.add(source);
  return () => void sources.delete(source);
}

function declareGauges(): void {
  if (register.getSingleMetric('policy_parked_events')) return;
  register.registerMetric(parkedEvents());
  register.registerMetric(oldestUnhandled());
}

function parkedEvents(): Gauge<'policy' | 'state'> {
  return new Gauge({
    name: 'policy_parked_events',
    help: 'Events that a policy has set aside: parked ones need an operator, waiting ones stand behind those.',
    labelNames: ['policy', 'state'],
    registers: [],
    async collect() {
      this.reset();
      for (const { backlogs, oldestUnhandled: policies } of await reports()) {
        for (const policy of policies.keys()) {
          const backlog = backlogs.find((each) => each.policy === policy);
          this.set({ policy, state: 'parked' }, backlog?.parked ?? 0);
          this.set({ policy, state: 'waiting' }, backlog?.waiting ?? 0);
        }
      }
    },
  });
}

function oldestUnhandled(): Gauge<'policy'> {
  return new Gauge({
    name: 'policy_oldest_unhandled_event_seconds',
    help: 'Age of the oldest event that a policy has not handled, parked ones too; 0 when there is none.',
    labelNames: ['policy'],
    registers: [],
    async collect() {
      this.reset();
      for (const { oldestUnhandled: policies } of await reports()) {
        for (const [policy, since] of policies) {
          this.set({ policy }, since ? Math.max(0, (Date.now() - since.getTime()) / 1000) : 0);
        }
      }
    },
  });
}

async function reports(): Promise<readonly PolicyReport[]> {
  return Promise.all([...sources].map((source) => source()));
}
