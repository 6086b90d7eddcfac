import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent, EnvironmentStep } from '#libs/events/src/provisioning.js';
import { type EnvironmentState, type Known, nothingHandled, statusDuring } from './environment.js';

type KnownState = Exclude<EnvironmentState, { status: 'none' }>;

/** What an event makes of the state. */
export function evolve(state: EnvironmentState, event: EnvironmentEvent): EnvironmentState {
  if (event.type === 'environment.requested') {
    const work = { step: 'plan', tries: 0, failures: 0 } as const;
    const nothingYet = { objectsApplied: 0, appliesBegun: 0, links: new Map(), ...nothingHappened };
    return { status: 'requested', identity: event.data, ...nothingYet, work };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'environment.step_started': {
      const { step, number, attempt, leaseUntil } = event.data;
      const failures = 'work' in state && state.work.step === step ? state.work.failures : 0;
      const work = { step, tries: number, failures, lease: { attempt, until: leaseUntil } };
      const appliesBegun = state.appliesBegun + (step === 'apply' ? 1 : 0);
      return { ...state, status: statusDuring(step), appliesBegun, work };
    }
    case 'environment.planned': {
      const { planHash, credential } = event.data;
      return due({ ...state, plan: { hash: planHash, credential } }, 'validate');
    }
    case 'environment.validated':
      return due(state, 'dry-run');
    case 'environment.dry_run_passed':
      return due(state, 'apply');
    case 'environment.applied':
      return due({ ...state, objectsApplied: event.data.objects.length }, 'wait');
    case 'environment.progressed': {
      if (!('work' in state)) return state;
      const { attempt, leaseUntil } = event.data;
      return { ...state, work: { ...state.work, lease: { attempt, until: leaseUntil } } };
    }
    case 'environment.available':
      return due(state, 'smoke');
    case 'environment.smoke_passed':
      return state;
    case 'environment.ready':
      return { ...rest(state), ...nothingHappened, status: 'ready' };
    case 'environment.needs_attention':
      return {
        ...rest(state),
        status: 'needs_attention',
        step: event.data.step,
        ...(event.data.recheckAt !== undefined && { recheck: 1 }),
      };
    case 'environment.step_failed': {
      const { step, number, failures, retryAt } = event.data;
      return {
        ...rest(state),
        status: statusDuring(step),
        work: { step, tries: number, failures, notBefore: retryAt },
      };
    }
    case 'environment.hindered':
      return state;
    case 'environment.version_replaced': {
      const { from, to } = event.data;
      const handled = { ...state.handled, replaced: [...state.handled.replaced, from] };
      return due({ ...state, handled, version: { image: to, by: 'fallback' } }, 'plan');
    }
    case 'environment.rechecked':
      return state.status === 'needs_attention' ? { ...state, recheck: event.data.number + 1 } : state;
    case 'environment.resumed':
      return due({ ...state, handled: { ...state.handled, resumes: state.handled.resumes + 1 } }, event.data.step);
    case 'environment.delayed':
    case 'environment.failed':
      return { ...state, noticed: new Set([...state.noticed, event.data.cause]) };
    case 'environment.retry_requested':
      return retried(state, event.data.from ?? 'plan');
    case 'environment.resolved':
      return state;
    case 'environment.settings_corrected': {
      const identity = { ...state.identity, terms: event.data.terms };
      return retried({ ...state, identity }, 'plan');
    }
    case 'environment.version_chosen':
      return retried({ ...state, version: { image: event.data.image, by: 'operator' } }, 'plan');
    case 'environment.credential_link_issued':
      return { ...state, links: new Map([...state.links, [event.data.linkId, 'issued']]) };
    case 'environment.credential_redeemed':
      return { ...state, links: new Map([...state.links, [event.data.linkId, 'redeemed']]) };
    default:
      return unreachable(event);
  }
}

const nothingHappened = { handled: nothingHandled, noticed: new Set<never>() } as const;

function due(state: KnownState, step: EnvironmentStep): EnvironmentState {
  return { ...rest(state), status: statusDuring(step), work: { step, tries: 0, failures: 0 } };
}

/** Somebody has mended something: a new plan gives the newest version another chance, unless they chose one. */
function retried(state: KnownState, from: EnvironmentStep): EnvironmentState {
  const { version, ...others } = { ...state, handled: nothingHandled };
  const kept = from !== 'plan' || version?.by === 'operator' ? version : undefined;
  return due({ ...others, ...(kept && { version: kept }) }, from);
}

function rest(state: KnownState): Known {
  const { identity, plan, objectsApplied, appliesBegun, links, version, handled, noticed } = state;
  const optional = { ...(plan && { plan }), ...(version && { version }) };
  return { identity, objectsApplied, appliesBegun, links, handled, noticed, ...optional };
}
