/**
 * What a step costs beside its work. The log says when a step became due and when it had ended; the rest of that time
 * is overhead: queueing, leasing, deciding, appending, the HTTP client, and noticing that the cluster is done.
 */
import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import { instantOf, type LoggedEvent } from './environment-log.js';

/** When something was worked on, in milliseconds since 1970. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Work {
  /** Requests of one environment that the cluster served. */
  readonly requests: readonly Stretch[];
  /** When everything in the namespace was up, as the cluster tells those who watch. */
  readonly upAt: number;
  /** How long the pure functions behind these steps take, in milliseconds. */
  readonly planMs: number;
  readonly validateMs: number;
}

/** Each step with the events at which it is due and done. */
const steps: readonly (readonly [EnvironmentStep, string, string])[] = [
  ['plan', 'environment.requested', 'environment.planned'],
  ['validate', 'environment.planned', 'environment.validated'],
  ['dry-run', 'environment.validated', 'environment.dry_run_passed'],
  ['apply', 'environment.dry_run_passed', 'environment.applied'],
  ['wait', 'environment.applied', 'environment.available'],
  ['smoke', 'environment.available', 'environment.smoke_passed'],
];

/** Milliseconds of each step of an environment that nothing went wrong with. */
export function overheads(events: readonly LoggedEvent[], work: Work): ReadonlyMap<EnvironmentStep, number> {
  return new Map(
    steps.map(([step, due, done]) => {
      const whole = { from: instantOf(events, due), to: instantOf(events, done) };
      return [step, Math.max(0, whole.to - whole.from - workMs(step, whole, work))];
    }),
  );
}

function workMs(step: EnvironmentStep, whole: Stretch, { requests, upAt, planMs, validateMs }: Work): number {
  switch (step) {
    case 'plan':
      return planMs;
    case 'validate':
      return validateMs;
    case 'wait':
      // Pods take their time, whoever looks at them meanwhile.
      return covered([{ from: whole.from, to: Math.min(upAt, whole.to) }, ...requests], whole);
    default:
      return covered(requests, whole);
  }
}

/** How much of the whole lies in at least one of the stretches. */
export function covered(stretches: readonly Stretch[], whole: Stretch): number {
  let sum = 0;
  let reached = whole.from;
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
    const [begin, end] = [Math.max(from, reached), Math.min(to, whole.to)];
    sum += Math.max(0, end - begin);
    reached = Math.max(reached, end);
  }
  return sum;
}
