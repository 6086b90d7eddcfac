import type { RawEvent } from '../raw-log.js';

/** What becomes of a contract, in this order. */
export const changes = ['amendment', 'suspension', 'resumption', 'termination'] as const;
export type Change = (typeof changes)[number];

interface Course {
  /** Type of the webhook that tells of it. */
  readonly webhook: string;
  /** The event of the environment with which it is done. */
  readonly done: string;
  /** Every event type that has to stand in the log once for each contract. */
  readonly once: readonly string[];
  /** Moments of its way: the type of an event, or the step that was leased. */
  readonly moments: readonly string[];
}

const everyChange = ['plan', 'validate', 'dry-run', 'apply', 'wait'];

export const courses: Readonly<Record<Change, Course>> = {
  amendment: {
    webhook: 'customer.changed',
    done: 'environment.amended',
    once: ['contract.amended', 'environment.amendment_requested', 'environment.amended'],
    moments: ['contract.amended', 'environment.amendment_requested', ...everyChange, 'smoke', 'environment.amended'],
  },
  suspension: {
    webhook: 'customer.suspended',
    done: 'environment.suspended',
    once: ['contract.suspended', 'environment.suspension_requested', 'environment.suspended'],
    moments: ['contract.suspended', 'environment.suspension_requested', ...everyChange, 'environment.suspended'],
  },
  resumption: {
    webhook: 'customer.resumed',
    done: 'environment.restored',
    once: ['contract.resumed', 'environment.resumption_requested', 'environment.restored'],
    moments: ['contract.resumed', 'environment.resumption_requested', ...everyChange, 'smoke', 'environment.restored'],
  },
  termination: {
    webhook: 'customer.terminated',
    done: 'environment.deleted',
    once: [
      'contract.terminated',
      'environment.termination_requested',
      'environment.exported',
      'environment.retained',
      'environment.deleted',
    ],
    moments: [
      'contract.terminated',
      'environment.termination_requested',
      'export',
      ...everyChange,
      'environment.retained',
      'delete',
      'environment.deleted',
    ],
  },
};

/** At which moment of each change the suite is killed. */
export type Life = Readonly<Record<Change, string>>;

/** As many lives as it takes to be killed at every moment of every change at least once. */
export function everyMoment(): Life[] {
  const lives = Math.max(...changes.map((change) => courses[change].moments.length));
  return Array.from({ length: lives }, (_, index) => {
    const moments = changes.map((change) => {
      const all = courses[change].moments;
      return [change, all[index % all.length]!] as const;
    });
    return Object.fromEntries(moments) as unknown as Life;
  });
}

export function isMoment(moment: string, { type, data }: RawEvent): boolean {
  return moment.includes('.') ? type === moment : type === 'environment.step_started' && data['step'] === moment;
}
