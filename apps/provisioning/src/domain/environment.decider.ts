import { Command, type CommandContext } from '#libs/event-sourcing/src/command.js';
import { type Decider, Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent, EnvironmentEvents, EnvironmentStep } from '#libs/events/src/provisioning.js';
import {
  type EnvironmentIdentity,
  type EnvironmentRefusal,
  type EnvironmentState,
  type Lease,
  stepDueAfter,
} from './environment.js';
import { evolve } from './environment.evolve.js';
import {
  FailStep,
  handleCheck,
  handleFailure,
  handleHindrance,
  RecordCheck,
  ReportHindrance,
} from './failure-handling.js';
import { handleManually, isManual, type ManualCommand, manualCommands } from './manual-handling.js';

type Outcome<Type extends keyof EnvironmentEvents> = Omit<EnvironmentEvents[Type], 'environmentId'>;

/** How a step ended, and with which lease the worker goes on with the step that is due then, if it does. */
type Ended<Type extends keyof EnvironmentEvents> = Outcome<Type> & { readonly next?: Lease };

export class RequestEnvironment extends Command<Omit<EnvironmentIdentity, 'environmentId'>> {
  override readonly type = 'request_environment';
}

/** Leases the step that is due to one attempt, until `leaseUntil`. */
export class StartStep extends Command<Outcome<'environment.step_started'>> {
  override readonly type = 'start_step';
}

export class CompletePlan extends Command<Ended<'environment.planned'>> {
  override readonly type = 'complete_plan';
}

export class CompleteValidation extends Command<Ended<'environment.validated'>> {
  override readonly type = 'complete_validation';
}

export class CompleteDryRun extends Command<Ended<'environment.dry_run_passed'>> {
  override readonly type = 'complete_dry_run';
}

export class CompleteApply extends Command<Ended<'environment.applied'>> {
  override readonly type = 'complete_apply';
}

/** Tells how far the attempt is and renews its lease; refused when another attempt took over. */
export class ReportProgress extends Command<Outcome<'environment.progressed'>> {
  override readonly type = 'report_progress';
}

export class CompleteWait extends Command<Ended<'environment.available'>> {
  override readonly type = 'complete_wait';
}

/** The last step: the environment is ready with it. */
export class CompleteSmoke extends Command<Outcome<'environment.smoke_passed'>> {
  override readonly type = 'complete_smoke';
}

export class IssueCredentialLink extends Command<{ readonly linkId: string; readonly expiresAt: string }> {
  override readonly type = 'issue_credential_link';
}

export class RedeemCredential extends Command<{ readonly linkId: string }> {
  override readonly type = 'redeem_credential';
}

export type EnvironmentCommand =
  | RequestEnvironment
  | StartStep
  | CompletePlan
  | CompleteValidation
  | CompleteDryRun
  | CompleteApply
  | ReportProgress
  | CompleteWait
  | CompleteSmoke
  | FailStep
  | ReportHindrance
  | RecordCheck
  | ManualCommand
  | IssueCredentialLink
  | RedeemCredential;

export const environmentCommands: readonly (new (
  target: string,
  data: never,
  context: CommandContext,
) => EnvironmentCommand)[] = [
  RequestEnvironment,
  StartStep,
  CompletePlan,
  CompleteValidation,
  CompleteDryRun,
  CompleteApply,
  ReportProgress,
  CompleteWait,
  CompleteSmoke,
  FailStep,
  ReportHindrance,
  RecordCheck,
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

    if (isManual(command)) return handleManually(command, state);

    switch (command.type) {
      case 'start_step':
        return startStep(command, state);
      case 'complete_plan':
        return ended(command, state, 'plan', 'environment.planned');
      case 'complete_validation':
        return ended(command, state, 'validate', 'environment.validated');
      case 'complete_dry_run':
        return ended(command, state, 'dry-run', 'environment.dry_run_passed');
      case 'complete_apply':
        return ended(command, state, 'apply', 'environment.applied');
      case 'report_progress':
        if (!holds(state, command.data.attempt)) return superseded();
        return [{ type: 'environment.progressed', data: { environmentId, ...command.data } }];
      case 'complete_wait':
        return ended(command, state, 'wait', 'environment.available');
      case 'complete_smoke': {
        if (!holds(state, command.data.attempt, 'smoke')) return [];
        const { identity, objectsApplied } = state;
        return [
          { type: 'environment.smoke_passed', data: { environmentId, ...command.data } },
          { type: 'environment.ready', data: { ...identity, objectsApplied } },
        ];
      }
      case 'fail_step':
        if (!holds(state, command.data.attempt, command.data.step)) return [];
        return handleFailure(command, state);
      case 'report_hindrance':
        if (!holds(state, command.data.attempt, command.data.step)) return superseded();
        return handleHindrance(command, state);
      case 'record_check':
        return handleCheck(command, state);
      case 'issue_credential_link':
        if (state.status !== 'ready') {
          return new Refusal(
            'environment_not_ready',
            `The environment is ${state.status}. Ask for the link once it is ready.`,
            { environmentStatus: state.status },
          );
        }
        if (state.links.has(command.data.linkId)) return [];
        return [{ type: 'environment.credential_link_issued', data: { environmentId, ...command.data } }];
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

type KnownState = Exclude<EnvironmentState, { status: 'none' }>;
type WorkingState = Extract<KnownState, { readonly work: object }>;

function startStep(command: StartStep, state: KnownState): readonly EnvironmentEvent[] | Refusal<EnvironmentRefusal> {
  const { step, number } = command.data;
  if (!('work' in state) || state.work.step !== step || state.work.tries + 1 !== number) {
    const due = 'work' in state ? `${state.work.step}, try ${state.work.tries + 1}` : 'nothing';
    return new Refusal('step_not_due', `Try ${number} of ${step} is not due; what is due: ${due}.`);
  }
  const { lease, notBefore } = state.work;
  if (notBefore !== undefined && notBefore > command.context.occurredAt) {
    return new Refusal('step_not_due', `The next try of ${step} is due at ${notBefore}.`);
  }
  if (lease && lease.until > command.context.occurredAt) {
    return new Refusal('attempt_running', `Another attempt works on ${step} until ${lease.until}.`);
  }
  return [{ type: 'environment.step_started', data: { environmentId: command.target, ...command.data } }];
}

function ended<Type extends keyof typeof stepDueAfter>(
  command: Command<Ended<Type> & { readonly attempt: string }>,
  state: KnownState,
  step: EnvironmentStep,
  type: Type,
): readonly EnvironmentEvent[] | Refusal<EnvironmentRefusal> {
  const environmentId = command.target;
  const { next, ...outcome } = command.data;
  // A worker that wants to go on has to hear that it may not; to others it makes no difference.
  if (!holds(state, outcome.attempt, step)) return next ? superseded() : [];
  const event = { type, data: { environmentId, ...outcome } } as unknown as EnvironmentEvent;
  if (!next) return [event];
  const { attempt, until: leaseUntil } = next;
  const start = { environmentId, step: stepDueAfter[type], number: 1, attempt, leaseUntil };
  return [event, { type: 'environment.step_started', data: start }];
}

function superseded(): Refusal<EnvironmentRefusal> {
  return new Refusal('attempt_superseded', 'Another attempt works on this environment now. Stop this one.');
}

/** True when the attempt works on the environment, and on that step if one is named; all others are stale. */
function holds(state: KnownState, attempt: string, step?: EnvironmentStep): state is WorkingState {
  if (!('work' in state) || state.work.lease?.attempt !== attempt) return false;
  return step === undefined || state.work.step === step;
}
