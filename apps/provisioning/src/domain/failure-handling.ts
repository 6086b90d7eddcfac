import { Command } from '#libs/event-sourcing/src/command.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type {
  EnvironmentEvent,
  EnvironmentEvents,
  EnvironmentStep,
  Failure,
  FailureClass,
} from '#libs/events/src/provisioning.js';
import type { EnvironmentState, Known, WorkingState } from './environment.js';

/** So often a step is tried that fails by something that should pass. */
export const mostTries = 6;
/** So often the work goes on by itself when there seems to be room; then somebody has to look why it does not help. */
export const mostResumes = 5;
const longestPauseMs = 5 * 60_000;
/** However long the cluster asks us to wait. */
const longestAskedMs = 3_600_000;

/** How long to wait until the next try or look: the first pause doubles up to 5 minutes. */
interface Pauses {
  readonly firstMs: number;
  /** From 0 to 1; spreads the next tries of many environments over the second half of the pause. */
  readonly jitter: number;
}

/** A step failed. What follows from it is decided by the class of the failure. */
export class FailStep extends Command<
  Failure & {
    readonly attempt: string;
    readonly step: EnvironmentStep;
    readonly retry: Pauses & {
      /** What the cluster asked for. */
      readonly afterMs?: number;
    };
    readonly recheck: Pauses;
    /** Versions of the plan, newest first, as image references. */
    readonly images: readonly string[];
  }
> {
  override readonly type = 'fail_step';
}

/** The step goes on, but its customer has to wait. */
export class ReportHindrance extends Command<Failure & { readonly attempt: string; readonly step: EnvironmentStep }> {
  override readonly type = 'report_hindrance';
}

/** The cluster does not answer. The step is due again when it does. */
export class PostponeStep extends Command<{
  readonly attempt: string;
  readonly step: EnvironmentStep;
  readonly clusterId: string;
  readonly reason: string;
}> {
  override readonly type = 'postpone_step';
}

/** Somebody looked whether there is room now. */
export class RecordCheck extends Command<{
  /** Which look it was; a late one counts for nothing. */
  readonly number: number;
  /** Why there is still none; absent when there is. */
  readonly shortage?: string;
  readonly recheck: Pauses;
}> {
  override readonly type = 'record_check';
}

/** The stream knows what was tried; so the same failure is retried, waited for, or handed to an operator. */
export function handleFailure({ target, data, context }: FailStep, state: WorkingState): readonly EnvironmentEvent[] {
  const { retry, recheck, images, ...found } = data;
  const failed = { environmentId: target, ...found };
  const { occurredAt } = context;
  const attention = (more: Partial<EnvironmentEvents['environment.needs_attention']> = {}): EnvironmentEvent => {
    const tried = triedBefore(state, found.class);
    return { type: 'environment.needs_attention', data: { ...failed, ...(tried.length > 0 && { tried }), ...more } };
  };
  switch (found.class) {
    case 'transient': {
      const { tries: number, failures: before } = state.work;
      const failures = before + 1;
      if (failures >= mostTries) return [attention()];
      const askedMs = Math.min(retry.afterMs ?? 0, longestAskedMs);
      const retryAt = after(occurredAt, Math.max(pauseMs(retry, before), askedMs));
      const again: EnvironmentEvent = {
        type: 'environment.step_failed',
        data: { ...failed, number, failures, retryAt },
      };
      return [again, ...delayed(state, found.class)];
    }
    case 'resource_shortage': {
      const { resumes } = state.handled;
      if (resumes >= mostResumes) return [attention(), ...told(state, found.class)];
      const recheckAt = after(occurredAt, pauseMs(recheck, resumes));
      return [attention({ recheckAt }), ...delayed(state, found.class)];
    }
    case 'configuration':
      return [attention(), ...told(state, found.class)];
    case 'application': {
      const from = state.version?.image ?? images[0];
      const to = from === undefined ? undefined : images[images.indexOf(from) + 1];
      // What an operator chose is not ours to replace.
      if (from === undefined || to === undefined || state.version?.by === 'operator') {
        return [attention(), ...told(state, found.class)];
      }
      return [{ type: 'environment.version_replaced', data: { ...failed, from, to } }];
    }
    default:
      return unreachable(found.class);
  }
}

/** A cluster that is away is nobody's failure, so the try does not count; but the customer has to wait. */
export function handlePostponement({ target, data }: PostponeStep, state: WorkingState): readonly EnvironmentEvent[] {
  const { tries: number } = state.work;
  const postponed: EnvironmentEvent = {
    type: 'environment.postponed',
    data: { environmentId: target, ...data, number },
  };
  return [postponed, ...delayed(state, 'transient')];
}

export function handleHindrance({ target, data }: ReportHindrance, state: WorkingState): readonly EnvironmentEvent[] {
  if (state.noticed.has(data.class)) return [];
  return [{ type: 'environment.hindered', data: { environmentId: target, ...data } }, ...delayed(state, data.class)];
}

export function handleCheck(
  { target, data, context }: RecordCheck,
  state: EnvironmentState,
): readonly EnvironmentEvent[] {
  if (state.status !== 'needs_attention' || state.recheck !== data.number) return [];
  const { number, shortage: reason, recheck } = data;
  const environmentId = target;
  if (reason === undefined) return [{ type: 'environment.resumed', data: { environmentId, step: state.step } }];
  const recheckAt = after(context.occurredAt, pauseMs(recheck, state.handled.resumes + number));
  return [{ type: 'environment.rechecked', data: { environmentId, number, reason, recheckAt } }];
}

function delayed(state: Known, cause: FailureClass): readonly EnvironmentEvent[] {
  if (!concernsCustomer(state, cause)) return [];
  return [{ type: 'environment.delayed', data: { ...state.identity, cause } }];
}

function told(state: Known, cause: FailureClass): readonly EnvironmentEvent[] {
  if (!concernsCustomer(state, cause)) return [];
  return [{ type: 'environment.failed', data: { ...state.identity, cause } }];
}

/** Who waits for nothing that runs is told nothing, and others of each cause once. */
function concernsCustomer({ mode, noticed }: Known, cause: FailureClass): boolean {
  return mode === 'running' && !noticed.has(cause);
}

/** Everything that the stream knows of what was done by itself. */
function triedBefore({ work, handled }: WorkingState, found: FailureClass): readonly string[] {
  const failures = work.failures + (found === 'transient' ? 1 : 0);
  const { replaced, resumes } = handled;
  return [
    ...(failures > 0 ? [`The step was tried ${failures + (found === 'transient' ? 0 : 1)} times.`] : []),
    ...replaced.map((image) => `The version ${image} was tried and did not work.`),
    ...(resumes > 0
      ? [`The work went on by itself ${resumes === 1 ? 'once' : `${resumes} times`} when there seemed to be room.`]
      : []),
  ];
}

function pauseMs({ firstMs, jitter }: Pauses, before: number): number {
  const whole = Math.min(firstMs * 2 ** before, longestPauseMs);
  return Math.round(whole * (0.5 + jitter / 2));
}

function after(instant: string, ms: number): string {
  return new Date(Date.parse(instant) + ms).toISOString();
}
