import { Command, type CommandContext } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { type ApprovalCommand, approvalCommands, decideOnApproval, isApproval } from './approval.js';
import { recordDrift, RecordDrift } from './drift.js';
import type { EnvironmentIdentity, EnvironmentRefusal, EnvironmentState, KnownState } from './environment.js';
import { evolve } from './environment.evolve.js';
import {
  FailStep,
  handleCheck,
  handleFailure,
  handleHindrance,
  handlePostponement,
  PostponeStep,
  RecordCheck,
  ReportHindrance,
} from './failure-handling.js';
import { followContract, isLifeCycle, type LifeCycleCommand, lifeCycleCommands } from './life-cycle.js';
import { handleManually, isManual, type ManualCommand, manualCommands } from './manual-handling.js';
import { carryOn, holds, isStep, stale, type StepCommand, stepCommands, superseded } from './step-outcomes.js';

export class RequestEnvironment extends Command<Omit<EnvironmentIdentity, 'environmentId'>> {
  override readonly type = 'request_environment';
}

export class IssueCredentialLink extends Command<{ readonly linkId: string; readonly expiresAt: string }> {
  override readonly type = 'issue_credential_link';
}

export class RedeemCredential extends Command<{ readonly linkId: string }> {
  override readonly type = 'redeem_credential';
}

export type EnvironmentCommand =
  | RequestEnvironment
  | StepCommand
  | FailStep
  | PostponeStep
  | ReportHindrance
  | RecordCheck
  | RecordDrift
  | LifeCycleCommand
  | ApprovalCommand
  | ManualCommand
  | IssueCredentialLink
  | RedeemCredential;

export const environmentCommands: readonly (new (
  target: string,
  data: never,
  context: CommandContext,
) => EnvironmentCommand)[] = [
  RequestEnvironment,
  ...stepCommands,
  FailStep,
  PostponeStep,
  ReportHindrance,
  RecordCheck,
  RecordDrift,
  ...lifeCycleCommands,
  ...approvalCommands,
  ...manualCommands,
  IssueCredentialLink,
  RedeemCredential,
];

export const environmentDecider: Decider<EnvironmentState, EnvironmentCommand, EnvironmentEvent, EnvironmentRefusal> = {
  category: 'environment',
  initialState: { status: 'none' },

  decide(command, state) {
    const environmentId = command.target;
    if (command.type === 'request_environment') {
      if (state.status !== 'none') return [];
      return [{ type: 'environment.requested', data: { environmentId, ...command.data } }];
    }
    if (state.status === 'none') return new Refusal('environment_not_found', 'No environment has this id.');

    if (isStep(command)) return carryOn(command, state);
    if (isLifeCycle(command)) return followContract(command, state);
    if (isApproval(command)) return decideOnApproval(command, state);
    if (isManual(command)) return handleManually(command, state);

    switch (command.type) {
      case 'fail_step':
        if (!holds(state, command.data.attempt, command.data.step)) return stale(state, command.data);
        return handleFailure(command, state);
      case 'postpone_step':
        if (!holds(state, command.data.attempt, command.data.step)) return stale(state, command.data);
        return handlePostponement(command, state);
      case 'report_hindrance':
        if (!holds(state, command.data.attempt, command.data.step)) return superseded();
        return handleHindrance(command, state);
      case 'record_check':
        return handleCheck(command, state);
      case 'record_drift':
        return recordDrift(command, state);
      case 'issue_credential_link':
        return issueLink(command, state);
      case 'redeem_credential': {
        const link = state.links.get(command.data.linkId);
        if (!link) return new Refusal('credential_link_unknown', 'This link was never issued.');
        if (link === 'redeemed') return [];
        return [{ type: 'environment.credential_redeemed', data: { environmentId, ...command.data } }];
      }
      default:
        return unreachable(command);
    }
  },

  evolve,
};

/** Of an environment that was ready once and is not on its way out, also while a change of it goes on. */
function issueLink(
  { target: environmentId, data }: IssueCredentialLink,
  state: KnownState,
): readonly EnvironmentEvent[] | Refusal<EnvironmentRefusal> {
  if (!state.everReady || state.ending) {
    const detail = `The environment is ${state.status}. Ask for the link once it is ready.`;
    return new Refusal('environment_not_ready', detail, { environmentStatus: state.status });
  }
  if (state.links.has(data.linkId)) return [];
  return [{ type: 'environment.credential_link_issued', data: { environmentId, ...data } }];
}
