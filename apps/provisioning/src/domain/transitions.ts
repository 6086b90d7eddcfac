import type { EnvironmentStep } from '#libs/events/src/provisioning.js';
import { type EnvironmentState, firstStep, type Known, nothingHandled, statusDuring } from './environment.js';
import type { EnvironmentMode, KnownState, Settled } from './environment.js';

export const nothingHappened = { handled: nothingHandled, noticed: new Set<never>() } as const;

/** A step is due, and nobody works on it yet. */
export function due(state: KnownState, step: EnvironmentStep): EnvironmentState {
  const work = { step, tries: 0, failures: 0 };
  return { ...withoutWork(state), status: statusDuring(step, state.mode), work };
}

/** Somebody has mended something: a new plan gives the newest version another chance, unless they chose one. */
export function retried(state: KnownState, from: EnvironmentStep): EnvironmentState {
  const { version, ...others } = { ...state, handled: nothingHandled };
  const kept = from !== 'plan' || version?.by === 'operator' ? version : undefined;
  return due({ ...others, ...(kept && { version: kept }) }, from);
}

/** Something else is desired: the work begins anew, once an attempt that is at work has let go. */
export function overtaken(state: KnownState): EnvironmentState {
  const revoked = 'work' in state ? (state.work.lease ?? state.work.revoked) : undefined;
  const step = firstStep(state);
  const work = { step, tries: 0, failures: 0, ...(revoked && { revoked }) };
  const known = { ...withoutWork(mendingByTheWay(state)), handled: nothingHandled };
  return { ...known, status: statusDuring(step, state.mode), work };
}

/** More is wanted than a correction: what was found is mended by the way, if at all. */
export function mendingByTheWay(state: KnownState): KnownState {
  return state.drift ? { ...state, drift: { ...state.drift, correcting: false } } : state;
}

/** The environment is what it was to be, and comes to rest. */
export function settled(state: KnownState, mode: Exclude<EnvironmentMode, 'retired'>): EnvironmentState {
  const { approved: _approved, ...known } = withoutWork(state);
  const { identity, appliesBegun, plan, inventory, version } = known;
  const now: Settled = {
    mode,
    terms: identity.terms,
    appliesBegun,
    inventory,
    ...(plan && { plan }),
    ...(version && { version }),
  };
  return { ...known, settled: now, ...nothingHappened, status: mode === 'running' ? 'ready' : 'suspended' };
}

/** Everything but what belongs to one status alone. */
export function withoutWork(state: KnownState): Known {
  const { status: _status, work: _work, step: _step, recheck: _recheck, ...known } = { ...whole, ...state };
  return known;
}

/** Names the fields that only some of the states have. */
const whole = { work: undefined, step: undefined, recheck: undefined };
