import { Command } from '#libs/event-sourcing/src/command.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { DriftedObject, EnvironmentEvent } from '#libs/events/src/provisioning.js';
import type { EnvironmentState, KnownState } from './environment.js';
import { due, settled } from './transitions.js';

/** What a look at the cluster has found of an environment at rest; no fingerprint when all is as planned. */
export class RecordDrift extends Command<{
  /** Of the plan that was looked for, and how often it had been applied: what was found later is old by then. */
  readonly planHash: string;
  readonly appliesBegun: number;
  readonly fingerprint?: string;
  readonly objects: readonly DriftedObject[];
  /** Whether the plan is to be applied again. */
  readonly correct: boolean;
}> {
  override readonly type = 'record_drift';
}

type AtRest = KnownState & { readonly status: 'ready' | 'suspended' };

/** Where nothing is due, so that what the cluster has is what was applied. */
export function isAtRest(state: EnvironmentState): state is AtRest {
  return state.status === 'ready' || state.status === 'suspended';
}

/** The same drift is told once, however often it is found. */
export function recordDrift({ target, data }: RecordDrift, state: KnownState): readonly EnvironmentEvent[] {
  const { planHash, appliesBegun, fingerprint, objects, correct } = data;
  if (!isAtRest(state) || state.plan?.hash !== planHash || state.appliesBegun !== appliesBegun) return [];
  const environmentId = target;
  if (fingerprint === undefined) return corrected(state, 'somebody');
  if (state.drift?.fingerprint === fingerprint && !correct) return [];
  return [{ type: 'environment.drift_found', data: { environmentId, fingerprint, objects, correct } }];
}

/** What ends a drift that was told of; nothing when there is none. */
export function corrected({ identity, drift }: KnownState, by: 'us' | 'somebody'): readonly EnvironmentEvent[] {
  if (!drift) return [];
  const { environmentId } = identity;
  return [{ type: 'environment.drift_corrected', data: { environmentId, fingerprint: drift.fingerprint, by } }];
}

type DriftEvent = Extract<
  EnvironmentEvent,
  { readonly type: 'environment.drift_found' | 'environment.drift_corrected' }
>;

export function isDriftEvent(event: EnvironmentEvent): event is DriftEvent {
  return event.type === 'environment.drift_found' || event.type === 'environment.drift_corrected';
}

export function evolveDrift(state: KnownState, event: DriftEvent): EnvironmentState {
  switch (event.type) {
    case 'environment.drift_found': {
      const { fingerprint, correct } = event.data;
      const found = { ...state, drift: { fingerprint, correcting: correct } };
      return correct ? due(found, 'plan') : found;
    }
    case 'environment.drift_corrected': {
      const { drift, ...others } = state;
      // The correction was all that was under way.
      return drift?.correcting ? settled(others, state.mode === 'suspended' ? 'suspended' : 'running') : others;
    }
    default:
      return unreachable(event);
  }
}
