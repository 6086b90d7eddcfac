import { Command } from '#libs/event-sourcing/src/command.js';
import { Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent, EnvironmentEvents } from '#libs/events/src/provisioning.js';
import type { EnvironmentRefusal, Known, KnownState } from './environment.js';

/** What somebody is asked about: what the change does, and why it is not simply applied. */
export type ApprovalQuestion = Omit<EnvironmentEvents['environment.approval_requested'], 'environmentId' | 'attempt'>;

/** The change is applied as it was planned. */
export class ApproveChange extends Command<{ readonly note?: string }> {
  override readonly type = 'approve_change';
}

/** The environment stays as it is. */
export class RejectChange extends Command<{ readonly note: string }> {
  override readonly type = 'reject_change';
}

export type ApprovalCommand = ApproveChange | RejectChange;
export const approvalCommands = [ApproveChange, RejectChange] as const;

export function isApproval(command: Command): command is ApprovalCommand {
  return approvalCommands.some((type) => command instanceof type);
}

/**
 * True when somebody has to approve: of an environment that stands, and not again of a plan that was approved. What a
 * contract that ends deletes is its own wish.
 */
export function needsApproval({ settled, ending, plan, approved }: Known): boolean {
  return settled !== undefined && ending === undefined && (plan === undefined || plan.hash !== approved);
}

export function decideOnApproval(
  command: ApprovalCommand,
  state: KnownState,
): readonly EnvironmentEvent[] | Refusal<EnvironmentRefusal> {
  const environmentId = command.target;
  if (state.status !== 'awaiting_approval') {
    const detail = `The environment is ${state.status}; no change of it waits for an approval.`;
    return new Refusal('approval_not_possible', detail, { environmentStatus: state.status });
  }
  switch (command.type) {
    case 'approve_change':
      return [{ type: 'environment.change_approved', data: { environmentId, ...command.data } }];
    case 'reject_change':
      return reject(command, state);
    default:
      return unreachable(command);
  }
}

function reject({ target: environmentId, data }: RejectChange, state: KnownState): readonly EnvironmentEvent[] {
  const { settled, identity, appliesBegun } = state;
  // Nobody is asked before the environment has come to rest once.
  if (!settled) return [];
  const { terms, mode } = settled;
  const rejected: EnvironmentEvent = {
    type: 'environment.change_rejected',
    data: { environmentId, ...data, terms, mode },
  };
  if (appliesBegun === settled.appliesBegun) return [rejected];
  // Parts of an earlier change may stand: back to what was.
  const { contractId, company } = identity;
  return [rejected, { type: 'environment.amendment_requested', data: { environmentId, contractId, company, terms } }];
}
