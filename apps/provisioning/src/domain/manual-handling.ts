import { Command } from '#libs/event-sourcing/src/command.js';
import { Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import { type EnvironmentEvent, type EnvironmentEvents, environmentSteps } from '#libs/events/src/provisioning.js';
import type { EnvironmentIdentity, EnvironmentRefusal, EnvironmentState } from './environment.js';

type Known = Exclude<EnvironmentState, { readonly status: 'none' }>;
type Stuck = Extract<EnvironmentState, { readonly status: 'needs_attention' }>;
type Decision = readonly EnvironmentEvent[] | Refusal<EnvironmentRefusal>;

/** Back to the plan, or to a later step up to the one that failed, after somebody has mended what was wrong. */
export class RetryEnvironment extends Command<Omit<EnvironmentEvents['environment.retry_requested'], 'environmentId'>> {
  override readonly type = 'retry_environment';
}

/** Somebody has brought the environment up by hand and says so. */
export class ResolveEnvironment extends Command<{ readonly note: string }> {
  override readonly type = 'resolve_environment';
}

/** Other settings, another version or both; the work begins anew with them. */
export class CorrectEnvironment extends Command<{
  readonly terms?: Partial<EnvironmentIdentity['terms']>;
  /** Image reference. */
  readonly image?: string;
  readonly note?: string;
}> {
  override readonly type = 'correct_environment';
}

export type ManualCommand = RetryEnvironment | ResolveEnvironment | CorrectEnvironment;
export const manualCommands = [RetryEnvironment, ResolveEnvironment, CorrectEnvironment] as const;

export function isManual(command: Command): command is ManualCommand {
  return manualCommands.some((type) => command instanceof type);
}

/** What operators do with an environment that needs attention. Each way leads back to work or to the end. */
export function handleManually(command: ManualCommand, state: Known): Decision {
  if (state.status !== 'needs_attention') {
    const detail = `The environment is ${state.status}; there is only something to mend in one that needs attention.`;
    return new Refusal(refusals[command.type], detail, { environmentStatus: state.status });
  }
  switch (command.type) {
    case 'retry_environment':
      return retry(command, state);
    case 'resolve_environment':
      return resolve(command, state);
    case 'correct_environment':
      return correct(command, state);
    default:
      return unreachable(command);
  }
}

const refusals = {
  retry_environment: 'retry_not_possible',
  resolve_environment: 'resolve_not_possible',
  correct_environment: 'correction_not_possible',
} as const satisfies Readonly<Record<ManualCommand['type'], EnvironmentRefusal>>;

function retry({ target, data }: RetryEnvironment, { step }: Stuck): Decision {
  const { from = 'plan' } = data;
  if (environmentSteps.indexOf(from) > environmentSteps.indexOf(step)) {
    const detail = `The step ${step} failed, so ${from} can't begin. Retry from ${step} or from a step before it.`;
    return new Refusal('retry_not_possible', detail, { failedStep: step });
  }
  return [{ type: 'environment.retry_requested', data: { environmentId: target, ...data } }];
}

function resolve({ target, data }: ResolveEnvironment, { identity, objectsApplied, step }: Stuck): Decision {
  if (objectsApplied === 0) {
    const detail = 'Nothing of the environment stands in the cluster yet. Correct what is wrong and retry.';
    return new Refusal('resolve_not_possible', detail, { failedStep: step });
  }
  return [
    { type: 'environment.resolved', data: { environmentId: target, step, note: data.note } },
    { type: 'environment.ready', data: { ...identity, objectsApplied } },
  ];
}

function correct({ target: environmentId, data }: CorrectEnvironment, { identity, version }: Stuck): Decision {
  const { terms: changes, image, note } = data;
  const noted = note === undefined ? {} : { note };
  const terms = { ...identity.terms, ...changes };
  const others = Object.entries(terms).some(([name, value]) => identity.terms[name as keyof typeof terms] !== value);
  const events: EnvironmentEvent[] = [];
  if (others) events.push({ type: 'environment.settings_corrected', data: { environmentId, terms, ...noted } });
  if (image !== undefined && !(version?.by === 'operator' && version.image === image)) {
    events.push({ type: 'environment.version_chosen', data: { environmentId, image, ...noted } });
  }
  if (events.length > 0) return events;
  return new Refusal('correction_not_possible', 'The environment has these settings already. Change one, or retry.');
}
