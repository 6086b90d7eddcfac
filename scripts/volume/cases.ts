import type { FailureClass } from '#libs/events/src/provisioning.js';
import type { mailTemplates } from '#libs/events/src/notification.js';
import type { FailureCase, FailureShares } from '#libs/kubernetes-simulator/src/failure-orders.js';

type Template = (typeof mailTemplates)[number];

/** What goes wrong in an environment's namespace, and what has to come of it. */
export interface Case {
  readonly class: FailureClass;
  readonly end: 'ready' | 'needs_attention';
  /** Mails that the customer gets, in this order. */
  readonly mails: readonly Template[];
  readonly failures: Partial<Omit<FailureCase, 'name' | 'share'>>;
}

/** Versions of the catalogue that is shipped, newest first. */
const [newest, before] = [
  'registry.example/keiyaku/chat-files:2.4.1',
  'registry.example/keiyaku/chat-files:2.3.7',
] as const;
const policy =
  'admission webhook "validate.policy.example" denied the request: images must come from registry.internal';

const delayed: readonly Template[] = ['environment_delayed', 'environment_ready'];
const waits: readonly Template[] = ['environment_delayed'];
const failed: readonly Template[] = ['environment_failed'];

export const cases: Readonly<Record<string, Case>> = {
  overloaded: {
    class: 'transient',
    end: 'ready',
    mails: delayed,
    failures: { answers: [{ status: 503, method: 'PATCH', kind: 'Deployment', retryAfterSeconds: 1, times: 1 }] },
  },
  throttled: {
    class: 'transient',
    end: 'ready',
    mails: delayed,
    failures: { answers: [{ status: 429, method: 'PATCH', kind: 'Service', retryAfterSeconds: 1, times: 2 }] },
  },
  forbidden: {
    class: 'configuration',
    end: 'needs_attention',
    mails: failed,
    failures: { answers: [{ status: 403, method: 'PATCH', kind: 'Service' }] },
  },
  'against policy': {
    class: 'configuration',
    end: 'needs_attention',
    mails: failed,
    failures: { answers: [{ status: 403, method: 'PATCH', kind: 'Deployment', message: policy }] },
  },
  'registry refuses': {
    class: 'configuration',
    end: 'needs_attention',
    mails: failed,
    failures: { images: [{ image: newest, fails: 'unauthorized' }] },
  },
  'no room': {
    class: 'resource_shortage',
    end: 'needs_attention',
    mails: waits,
    failures: { quota: { hard: { pods: '0' }, from: 'Namespace' } },
  },
  'no room any more': {
    class: 'resource_shortage',
    end: 'needs_attention',
    mails: waits,
    failures: { quota: { hard: { pods: '0' }, from: 'Deployment' } },
  },
  'image is missing': {
    class: 'application',
    end: 'ready',
    mails: ['environment_ready'],
    failures: { images: [{ image: newest, fails: 'not_found' }] },
  },
  'no version runs': {
    class: 'application',
    end: 'needs_attention',
    mails: failed,
    failures: { images: [newest, before].map((image) => ({ image, fails: 'crash' })) },
  },
};

/**
 * Orders for the simulator: the share of the environments gets each class of failure, its cases the same part of it.
 * @param share of each class, from 0 to 0.25
 */
export function sharesOf(seed: number, share: number): FailureShares {
  const entries = Object.entries(cases);
  return {
    seed,
    namespace: 'env-*',
    cases: entries.map(([name, each]) => ({
      name,
      share: share / entries.filter(([, other]) => other.class === each.class).length,
      answers: [],
      images: [],
      ...each.failures,
    })),
  };
}
