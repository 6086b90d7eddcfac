import { Command } from '#libs/event-sourcing/src/command.js';
import { Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent, EnvironmentEvents, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { type ApprovalQuestion, needsApproval } from './approval.js';
import { arrived } from './arrival.js';
import {
  type EnvironmentRefusal,
  type KnownState,
  type Lease,
  stepDueAfter,
  type WorkingState,
} from './environment.js';

type Decision = readonly EnvironmentEvent[] | Refusal<EnvironmentRefusal>;
type Outcome<Type extends keyof EnvironmentEvents> = Omit<EnvironmentEvents[Type], 'environmentId'>;

/** How a step ended, and with which lease the worker goes on with the step that is due then, if it does. */
type Ended<Type extends keyof EnvironmentEvents> = Outcome<Type> & { readonly next?: Lease };

/** Leases the step that is due to one attempt, until `leaseUntil`. */
export class StartStep extends Command<Outcome<'environment.step_started'>> {
  override readonly type = 'start_step';
}

/** With the cluster that was chosen, where none was chosen before. */
export class CompletePlan extends Command<Ended<'environment.planned'> & { readonly clusterId?: string }> {
  override readonly type = 'complete_plan';
}

/** In place of a plan: the environment's own cluster is not what it has to be. */
export class RequestInfrastructure extends Command<Ended<'environment.infrastructure_requested'>> {
  override readonly type = 'request_infrastructure';
}

/** Its worker goes on to nothing: a cluster takes long to build, and others have queued for a place meanwhile. */
export class CompleteInfrastructure extends Command<Outcome<'environment.infrastructure_ready'>> {
  override readonly type = 'complete_infrastructure';
}

export class CompleteValidation extends Command<Ended<'environment.validated'>> {
  override readonly type = 'complete_validation';
}

/** With what somebody has to be asked about before the change is applied, if anything. */
export class CompleteDryRun extends Command<
  Ended<'environment.dry_run_passed'> & { readonly approval?: ApprovalQuestion }
> {
  override readonly type = 'complete_dry_run';
}

export class CompleteApply extends Command<Ended<'environment.applied'>> {
  override readonly type = 'complete_apply';
}

/** Tells how far the attempt is and renews its lease; refused when another attempt took over. */
export class ReportProgress extends Command<Outcome<'environment.progressed'>> {
  override readonly type = 'report_progress';
}

/** Everything is as planned. Where nothing runs there is no more to do. */
export class CompleteWait extends Command<Ended<'environment.available'>> {
  override readonly type = 'complete_wait';
}

/** The last step of an environment that runs: it is what it was to be. */
export class CompleteSmoke extends Command<Outcome<'environment.smoke_passed'>> {
  override readonly type = 'complete_smoke';
}

/** Its worker goes on to nothing: exports take long and need no place among those that change the cluster. */
export class CompleteExport extends Command<Outcome<'environment.exported'>> {
  override readonly type = 'complete_export';
}

/** Nothing of the environment stands any more. */
export class CompleteDeletion extends Command<Pick<EnvironmentEvents['environment.deleted'], 'attempt' | 'objects'>> {
  override readonly type = 'complete_deletion';
}

export type StepCommand =
  | StartStep
  | CompletePlan
  | RequestInfrastructure
  | CompleteInfrastructure
  | CompleteValidation
  | CompleteDryRun
  | CompleteApply
  | ReportProgress
  | CompleteWait
  | CompleteSmoke
  | CompleteExport
  | CompleteDeletion;

export const stepCommands = [
  StartStep,
  CompletePlan,
  RequestInfrastructure,
  CompleteInfrastructure,
  CompleteValidation,
  CompleteDryRun,
  CompleteApply,
  ReportProgress,
  CompleteWait,
  CompleteSmoke,
  CompleteExport,
  CompleteDeletion,
] as const;

export function isStep(command: Command): command is StepCommand {
  return stepCommands.some((type) => command instanceof type);
}

export function carryOn(command: StepCommand, state: KnownState): Decision {
  const environmentId = command.target;
  switch (command.type) {
    case 'start_step':
      return startStep(command, state);
    case 'complete_plan':
      return planEnded(command, state);
    case 'request_infrastructure':
      return ended(command, state, 'plan', 'environment.infrastructure_requested');
    case 'complete_infrastructure':
      return infrastructureEnded(command, state);
    case 'complete_validation':
      return ended(command, state, 'validate', 'environment.validated');
    case 'complete_dry_run':
      return dryRunEnded(command, state);
    case 'complete_apply':
      return ended(command, state, 'apply', 'environment.applied');
    case 'report_progress':
      if (!holds(state, command.data.attempt)) return superseded();
      return [{ type: 'environment.progressed', data: { environmentId, ...command.data } }];
    case 'complete_wait': {
      const { next: _next, ...outcome } = command.data;
      if (state.mode === 'running') return ended(command, state, 'wait', 'environment.available');
      if (!holds(state, outcome.attempt, 'wait')) return stale(state, command.data);
      const available: EnvironmentEvent = { type: 'environment.available', data: { environmentId, ...outcome } };
      return [available, ...arrived(state, command.context.occurredAt)];
    }
    case 'complete_smoke': {
      if (!holds(state, command.data.attempt, 'smoke')) return stale(state, command.data);
      const passed: EnvironmentEvent = {
        type: 'environment.smoke_passed',
        data: { environmentId, ...command.data },
      };
      return [passed, ...arrived(state, command.context.occurredAt)];
    }
    case 'complete_export':
      return ended(command, state, 'export', 'environment.exported');
    case 'complete_deletion':
      return deleted(command, state);
    default:
      return unreachable(command);
  }
}

function startStep(command: StartStep, state: KnownState): Decision {
  const { step, number } = command.data;
  if (!('work' in state) || state.work.step !== step || state.work.tries + 1 !== number) {
    const due = 'work' in state ? `${state.work.step}, try ${state.work.tries + 1}` : 'nothing';
    return new Refusal('step_not_due', `Try ${number} of ${step} is not due; what is due: ${due}.`);
  }
  const { lease, revoked, notBefore } = state.work;
  if (notBefore !== undefined && notBefore > command.context.occurredAt) {
    return new Refusal('step_not_due', `The next try of ${step} is due at ${notBefore}.`);
  }
  const held = [lease, revoked].find((each) => each && each.until > command.context.occurredAt);
  if (held) return new Refusal('attempt_running', `Another attempt works on the environment until ${held.until}.`);
  return [{ type: 'environment.step_started', data: { environmentId: command.target, ...command.data } }];
}

function ended<Type extends keyof typeof stepDueAfter>(
  command: Command<Ended<Type> & { readonly attempt: string }>,
  state: KnownState,
  step: EnvironmentStep,
  type: Type,
): Decision {
  const environmentId = command.target;
  const { next, ...outcome } = command.data;
  if (!holds(state, outcome.attempt, step)) return stale(state, command.data);
  const event = { type, data: { environmentId, ...outcome } } as unknown as EnvironmentEvent;
  if (!next) return [event];
  const { attempt, until: leaseUntil } = next;
  const start = { environmentId, step: stepDueAfter[type], number: 1, attempt, leaseUntil };
  return [event, { type: 'environment.step_started', data: start }];
}

function planEnded({ target: environmentId, data, context }: CompletePlan, state: KnownState): Decision {
  const { clusterId, ...outcome } = data;
  const planned = ended(new CompletePlan(environmentId, outcome, context), state, 'plan', 'environment.planned');
  const settled = clusterId === undefined || state.clusterId !== undefined;
  if (settled || planned instanceof Refusal || planned.length === 0) return planned;
  return [{ type: 'environment.placed', data: { environmentId, clusterId } }, ...planned];
}

function dryRunEnded(command: CompleteDryRun, state: KnownState): Decision {
  const { approval, next, ...outcome } = command.data;
  const { target: environmentId, context } = command;
  const ask = approval !== undefined && needsApproval(state);
  const data = { ...outcome, ...(next && !ask && { next }) };
  const passed = ended(
    new CompleteDryRun(environmentId, data, context),
    state,
    'dry-run',
    'environment.dry_run_passed',
  );
  if (!ask || passed instanceof Refusal || passed.length === 0) return passed;
  const question = { environmentId, attempt: outcome.attempt, ...approval };
  return [...passed, { type: 'environment.approval_requested', data: question }];
}

/** The cluster is the environment's for life; when it was changed only, the environment stands there already. */
function infrastructureEnded(command: CompleteInfrastructure, state: KnownState): Decision {
  const built = ended(command, state, 'infrastructure', 'environment.infrastructure_ready');
  const { target: environmentId, data } = command;
  if (built instanceof Refusal || built.length === 0 || state.clusterId === data.clusterId) return built;
  return [...built, { type: 'environment.placed', data: { environmentId, clusterId: data.clusterId } }];
}

function deleted({ target, data }: CompleteDeletion, state: KnownState): Decision {
  const { identity, ending } = state;
  if (!ending || !holds(state, data.attempt, 'delete')) return stale(state, data);
  const { promised: _promised, ...end } = ending;
  return [{ type: 'environment.deleted', data: { ...identity, environmentId: target, ...data, ...end } }];
}

/**
 * A worker that wants to go on has to hear that it may not, and so has one that was overtaken: it has to say that it
 * has let go. To others it makes no difference.
 */
export function stale(state: KnownState, { attempt, next }: { readonly attempt: string; readonly next?: Lease }) {
  const revoked = 'work' in state && state.work.revoked?.attempt === attempt;
  return next || revoked ? superseded() : [];
}

export function superseded(): Refusal<EnvironmentRefusal> {
  return new Refusal(
    'attempt_superseded',
    'Another attempt works on this environment now, or something else is wanted of it. Stop this one.',
  );
}

/** True when the attempt works on the environment, and on that step if one is named; all others are stale. */
export function holds(state: KnownState, attempt: string, step?: EnvironmentStep): state is WorkingState {
  if (!('work' in state) || state.work.lease?.attempt !== attempt) return false;
  return step === undefined || state.work.step === step;
}
