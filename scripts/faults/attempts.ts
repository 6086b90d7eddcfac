import type { RawEvent } from './raw-log.js';

/** Events with which an attempt at an environment ends; all name it. */
const outcomes = new Set([
  'environment.infrastructure_requested',
  'environment.infrastructure_ready',
  'environment.planned',
  'environment.validated',
  'environment.dry_run_passed',
  'environment.approval_requested',
  'environment.applied',
  'environment.available',
  'environment.smoke_passed',
  'environment.exported',
  'environment.deleted',
  'environment.attempt_stopped',
  'environment.postponed',
  'environment.step_failed',
  'environment.version_replaced',
  'environment.needs_attention',
]);

/** A line for each attempt that began while another one held the lease of the environment whose events these are. */
export function twoAtOnce(events: readonly RawEvent[]): string[] {
  const wrong: string[] = [];
  let holder: { attempt: string; until: number } | undefined;
  for (const { type, data, metadata } of events) {
    const attempt = data['attempt'] as string;
    if (type === 'environment.step_started') {
      const at = Date.parse(String(metadata['occurredAt']));
      if (holder && at < holder.until) wrong.push(`an attempt at ${String(data['step'])} began beside another one`);
      holder = { attempt, until: Date.parse(String(data['leaseUntil'])) };
    } else if (holder?.attempt === attempt) {
      if (type === 'environment.progressed') holder.until = Date.parse(String(data['leaseUntil']));
      if (outcomes.has(type)) holder = undefined;
    }
  }
  return wrong;
}
