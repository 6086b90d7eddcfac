import { storageBytes } from '#libs/catalogue/src/storage.js';
import { Command } from '#libs/event-sourcing/src/command.js';
import { Refusal, unreachable } from '#libs/event-sourcing/src/decider.js';
import { type EnvironmentEvent, type EnvironmentEvents, environmentSteps } from '#libs/events/src/provisioning.js';
import { arrived } from './arrival.js';
import { type EnvironmentIdentity, type EnvironmentRefusal, firstStep, type KnownState } from './environment.js';

type Stuck = Extract<KnownState, { readonly status: 'needs_attention' }>;
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

/** It is not wanted any more, before it was ever ready: whatever stands of it is deleted. */
export class AbandonEnvironment extends Command<{ readonly note: string }> {
  override readonly type = 'abandon_environment';
}

export type ManualCommand = RetryEnvironment | ResolveEnvironment | CorrectEnvironment | AbandonEnvironment;
export const manualCommands = [RetryEnvironment, ResolveEnvironment, CorrectEnvironment, AbandonEnvironment] as const;

export function isManual(command: Command): command is ManualCommand {
  return manualCommands.some((type) => command instanceof type);
}

/** What operators do with an environment that needs attention. Each way leads back to work or to the end. */
export function handleManually(command: ManualCommand, state: KnownState): Decision {
  if (command.type === 'abandon_environment') return abandon(command, state);
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
} as const satisfies Readonly<Record<Exclude<ManualCommand, AbandonEnvironment>['type'], EnvironmentRefusal>>;

function retry({ target, data }: RetryEnvironment, state: Stuck): Decision {
  const { step } = state;
  const first = firstStep(state);
  const { from = first } = data;
  const possible = environmentSteps
    .slice(environmentSteps.indexOf(first), environmentSteps.indexOf(step) + 1)
    // The plan knows whether there is something to build.
    .filter((each) => each !== 'infrastructure' || step === 'infrastructure');
  if (!possible.includes(from)) {
    const detail = `The step ${step} failed, so ${from} can't begin. Retry from one of ${possible.join(', ')}.`;
    return new Refusal('retry_not_possible', detail, { failedStep: step });
  }
  const named = data.from !== undefined || first !== 'plan' ? { from } : {};
  return [{ type: 'environment.retry_requested', data: { environmentId: target, ...data, ...named } }];
}

function resolve({ target, data, context }: ResolveEnvironment, state: Stuck): Decision {
  const { step, objectsApplied } = state;
  if (objectsApplied === 0 || step === 'delete') {
    const detail =
      step === 'delete'
        ? 'Delete what is left by hand, then retry: what is gone needs no deletion, and the certificate says so.'
        : 'Nothing of the environment stands in the cluster yet. Correct what is wrong and retry.';
    return new Refusal('resolve_not_possible', detail, { failedStep: step });
  }
  const resolved: EnvironmentEvent = {
    type: 'environment.resolved',
    data: { environmentId: target, step, note: data.note },
  };
  // An export that was made by hand is followed by the rest of the end.
  return step === 'export' ? [resolved] : [resolved, ...arrived(state, context.occurredAt)];
}

function abandon({ target: environmentId, data }: AbandonEnvironment, state: KnownState): Decision {
  const { ending, everReady, status } = state;
  const facts = { environmentStatus: status };
  if (ending) {
    return new Refusal('cancel_not_possible', `The environment is ${status}: its end has begun already.`, facts);
  }
  if (everReady) {
    const detail = 'The environment was ready, so it holds data. Terminate its contract: then it ends as was promised.';
    return new Refusal('cancel_not_possible', detail, facts);
  }
  return [{ type: 'environment.cancellation_requested', data: { environmentId, reason: data.note } }];
}

function correct({ target: environmentId, data }: CorrectEnvironment, state: Stuck): Decision {
  const { identity, version, ending } = state;
  if (ending) {
    const detail = 'The environment is on its way out; its settings make no difference any more. Retry instead.';
    return new Refusal('correction_not_possible', detail);
  }
  const { terms: changes, image, note } = data;
  const noted = note === undefined ? {} : { note };
  const terms = { ...identity.terms, ...changes };
  const others = Object.entries(terms).some(([name, value]) => identity.terms[name as keyof typeof terms] !== value);
  const least = storageThatStands(state);
  if (least !== undefined && (storageBytes(terms.storageQuota) ?? 0) < (storageBytes(least) ?? 0)) {
    const detail = `A volume of ${least} stands, and none can shrink to ${terms.storageQuota}. Keep ${least} or more.`;
    return new Refusal('correction_not_possible', detail);
  }
  const events: EnvironmentEvent[] = [];
  if (others) events.push({ type: 'environment.settings_corrected', data: { environmentId, terms, ...noted } });
  if (image !== undefined && !(version?.by === 'operator' && version.image === image)) {
    events.push({ type: 'environment.version_chosen', data: { environmentId, image, ...noted } });
  }
  if (events.length > 0) return events;
  return new Refusal('correction_not_possible', 'The environment has these settings already. Change one, or retry.');
}

/** Undefined where it is not known: what is too small then, the cluster refuses. */
function storageThatStands({ step, settled, identity }: Stuck): string | undefined {
  const applied = step === 'wait' || step === 'smoke';
  return applied ? identity.terms.storageQuota : settled?.terms.storageQuota;
}
