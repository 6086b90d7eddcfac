/** What is due when a step waits: reminders, and once an escalation. */
import type { RunApprovalTimer } from './approval-commands.js';
import { type ApprovalState, type Decision, factsOf, hoursAfter, undecided } from './approval.js';
import { firstThatFits } from './replacements.js';

export function runTimer({ data, context }: RunApprovalTimer, approval: ApprovalState): Decision {
  const now = context.occurredAt;
  if (approval.status !== 'PENDING' || now < approval.nextTimerAt) return [];
  const { step, startedAt, remindAfterHours, escalateAfterHours, escalatedTo } = approval;
  const escalateAt = hoursAfter(startedAt, escalateAfterHours);
  const facts = { ...factsOf(approval), step, waitingFor: undecided(approval) };
  const nextReminder = hoursAfter(now, remindAfterHours);
  const candidate = escalatedTo === null && now >= escalateAt ? firstThatFits(data.candidates, approval) : null;
  if (candidate !== null) {
    return [{ type: 'approval.escalated', data: { ...facts, escalatedTo: candidate, nextTimerAt: nextReminder } }];
  }
  // Where nobody was there to escalate to, the next reminder looks again.
  const waits = escalatedTo === null && now < escalateAt && escalateAt < nextReminder;
  const nextTimerAt = waits ? escalateAt : nextReminder;
  return [{ type: 'approval.reminded', data: { ...facts, number: approval.reminders + 1, nextTimerAt } }];
}
