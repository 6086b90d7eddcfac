import type { EnvironmentEvent, FailureClass } from '#libs/events/src/provisioning.js';
import type { mailTemplates } from '#libs/events/src/notification.js';
import type { FailureOrders } from '#libs/kubernetes-simulator/src/failure-orders.js';
import type { CrmCustomer } from './customers.js';

type EventType = EnvironmentEvent['type'];
type Template = (typeof mailTemplates)[number];

/** A change of a customer, as the CRM tells it by a signed webhook. */
export interface CrmReport {
  readonly after: EventType;
  readonly says: string;
  readonly type: 'customer.changed' | 'customer.suspended' | 'customer.resumed' | 'customer.terminated';
  /** What is another one now. */
  readonly changes?: Partial<CrmCustomer>;
  readonly reason?: string;
}

/** A case that the demo plays on the simulator. */
export interface Scenario {
  /** Said before it begins. */
  readonly plot: string;
  /** What goes wrong in the cluster. */
  readonly orders: Partial<FailureOrders>;
  /** What the CRM reports of its customer later, each after an event. */
  readonly reports?: readonly CrmReport[];
  /** What somebody does in the cluster by hand after an event: another number of pods of a Deployment. */
  readonly byHand?: {
    readonly after: EventType;
    readonly says: string;
    readonly deployment: string;
    readonly replicas: number;
  };
  /** The cluster is away from one event to another. */
  readonly away?: {
    readonly from: EventType;
    readonly says: string;
    readonly until: EventType;
    readonly saysAfter: string;
  };
  /** How long the data of a terminated environment is kept, in place of what the plan says. */
  readonly retentionDays?: number;
  /** The event after which it is mended in the cluster, and what is said then. */
  readonly mended?: { readonly after: EventType; readonly says: string };
  readonly end: {
    readonly event: EventType;
    readonly status: 'ready' | 'needs_attention' | 'deleted';
    readonly class: FailureClass | null;
  };
  /** Events on the way, in this order. */
  readonly passes: readonly string[];
  /** Mails that the customer has at the end. */
  readonly mails: readonly Template[];
}

const namespace = 'env-*';
const ready = { event: 'environment.ready', status: 'ready', class: null } as const;

export const scenarios = {
  happy: {
    plot: 'Nothing goes wrong.',
    orders: {},
    end: ready,
    passes: [],
    mails: ['environment_ready'],
  },
  transient: {
    plot: 'The API server is overloaded for a moment: the step is tried again by itself after the pause that it asks for.',
    orders: {
      answers: [{ status: 503, method: 'PATCH', kind: 'Deployment', namespace, retryAfterSeconds: 2, times: 1 }],
    },
    end: ready,
    passes: ['environment.step_failed', 'environment.delayed'],
    mails: ['environment_delayed', 'environment_ready'],
  },
  configuration: {
    plot: 'The provisioning account lacks a permission: trying again would not help, so an operator is asked at once.',
    orders: { answers: [{ status: 403, method: 'PATCH', kind: 'Service', namespace }] },
    end: { event: 'environment.failed', status: 'needs_attention', class: 'configuration' },
    passes: ['environment.needs_attention', 'environment.failed'],
    mails: ['environment_failed'],
  },
  quota: {
    plot: 'The quota of the namespace is too small: the work stops before anything is applied, and goes on when there is room.',
    orders: { quotas: [{ namespace, hard: { pods: '1' } }] },
    mended: { after: 'environment.rechecked', says: 'Somebody raises the quota.' },
    end: ready,
    passes: ['environment.needs_attention', 'environment.delayed', 'environment.rechecked', 'environment.resumed'],
    mails: ['environment_delayed', 'environment_ready'],
  },
  image: {
    plot: 'The registry does not have the newest version: the version before it is tried.',
    orders: { images: [{ image: 'registry.example/keiyaku/chat-files:2.4.1', fails: 'not_found' }] },
    end: ready,
    passes: ['environment.version_replaced'],
    mails: ['environment_ready'],
  },
  outage: {
    plot: 'The cluster goes away in the middle of the work: the step waits without a try lost, and goes on when it is back.',
    orders: {},
    away: {
      from: 'environment.planned',
      says: 'The cluster goes away.',
      until: 'environment.postponed',
      saysAfter: 'The cluster comes back.',
    },
    end: ready,
    passes: ['environment.planned', 'environment.postponed', 'environment.ready'],
    mails: ['environment_ready'],
  },
  amend: {
    plot: 'The customer grows: more users and more storage. Only what differs is applied, while the environment runs.',
    orders: {},
    reports: [
      {
        after: 'environment.ready',
        says: 'The customer takes 250 users and 2 TB.',
        type: 'customer.changed',
        changes: { user_limit: 250, storage_quota: '2TB' },
      },
    ],
    end: { event: 'environment.amended', status: 'ready', class: null },
    passes: ['environment.ready', 'environment.amendment_requested', 'environment.amended'],
    mails: ['environment_ready'],
  },
  suspend: {
    plot: 'The customer does not pay for a while: nothing runs, the data is kept, and then all is back.',
    orders: {},
    reports: [
      {
        after: 'environment.ready',
        says: 'The customer is suspended.',
        type: 'customer.suspended',
        reason: 'Unpaid for 60 days',
      },
      { after: 'environment.suspended', says: 'The customer has paid.', type: 'customer.resumed', reason: 'Paid' },
    ],
    end: { event: 'environment.restored', status: 'ready', class: null },
    passes: ['environment.ready', 'environment.suspended', 'environment.resumption_requested', 'environment.restored'],
    mails: ['environment_ready'],
  },
  terminate: {
    plot:
      'The customer leaves: the data is exported and kept for as long as was promised, which is no day here, and then ' +
      'everything is deleted.',
    orders: {},
    retentionDays: 0,
    reports: [
      {
        after: 'environment.ready',
        says: 'The contract ends.',
        type: 'customer.terminated',
        reason: 'The customer leaves',
      },
    ],
    end: { event: 'environment.deleted', status: 'deleted', class: null },
    passes: [
      'environment.ready',
      'environment.termination_requested',
      'environment.exported',
      'environment.retained',
      'environment.deleted',
    ],
    mails: ['environment_ready'],
  },
  drift: {
    plot: 'Somebody changes the environment by hand: the next look finds it, field by field, and the plan is applied again.',
    orders: {},
    byHand: {
      after: 'environment.ready',
      says: 'Somebody scales the file server to 3 pods.',
      deployment: 'files',
      replicas: 3,
    },
    end: { event: 'environment.drift_corrected', status: 'ready', class: null },
    passes: ['environment.ready', 'environment.drift_found', 'environment.drift_corrected'],
    mails: ['environment_ready'],
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof scenarios;

/** @throws Error that lists the scenarios */
export function scenarioNamed(name: string): Scenario {
  if (Object.hasOwn(scenarios, name)) return scenarios[name as ScenarioName];
  throw new Error(`There is no scenario "${name}". Name one of ${Object.keys(scenarios).join(', ')}.`);
}

/** True when the events stand in the history in this order, whatever stands between them. */
export function passed(passes: readonly string[], history: readonly string[]): boolean {
  let at = 0;
  for (const type of history) if (type === passes[at]) at += 1;
  return at === passes.length;
}
