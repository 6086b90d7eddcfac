import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent, EnvironmentStep, ObjectName } from '#libs/events/src/provisioning.js';
import { defaultCluster } from './cluster.js';
import {
  type EnvironmentState,
  type Known,
  type KnownObject,
  type KnownState,
  keyOf,
  nothingHandled,
  statusDuring,
} from './environment.js';
import { evolveDrift, isDriftEvent } from './drift.js';
import { evolveLifeCycle, isLifeCycleEvent } from './life-cycle.evolve.js';
import { due, mendingByTheWay, nothingHappened, retried, settled, withoutWork } from './transitions.js';

/** What an event makes of the state. */
export function evolve(state: EnvironmentState, event: EnvironmentEvent): EnvironmentState {
  if (event.type === 'environment.requested') {
    const work = { step: 'plan', tries: 0, failures: 0 } as const;
    const nothingYet = { everReady: false, inventory: [], objectsApplied: 0, appliesBegun: 0, links: new Map() };
    return { status: 'requested', identity: event.data, mode: 'running', ...nothingYet, ...nothingHappened, work };
  }
  if (state.status === 'none') return state;
  if (isDriftEvent(event)) return evolveDrift(state, event);
  if (isLifeCycleEvent(event)) return evolveLifeCycle(state, event);
  switch (event.type) {
    case 'environment.step_started': {
      const { step, number, attempt, leaseUntil } = event.data;
      const { failures = 0, postponed = 0 } = 'work' in state && state.work.step === step ? state.work : {};
      const lease = { attempt, until: leaseUntil };
      const work = { step, tries: number, failures, ...(postponed > 0 && { postponed }), lease };
      const appliesBegun = state.appliesBegun + (step === 'apply' ? 1 : 0);
      return { ...state, status: statusDuring(step, state.mode), appliesBegun, work };
    }
    case 'environment.placed':
      return { ...state, clusterId: event.data.clusterId };
    case 'environment.planned': {
      const { planHash, credential, objects } = event.data;
      const plan = { hash: planHash, credential };
      const { clusterId = defaultCluster } = state;
      return due({ ...state, clusterId, plan, inventory: together(state.inventory, objects) }, 'validate');
    }
    case 'environment.infrastructure_requested': {
      const infrastructure = { ...state.infrastructure, wanted: event.data.moduleHash };
      return due({ ...state, infrastructure }, 'infrastructure');
    }
    case 'environment.infrastructure_ready': {
      const { wanted = '' } = state.infrastructure ?? {};
      return due({ ...state, infrastructure: { wanted, built: wanted } }, 'plan');
    }
    case 'environment.validated':
      return due(state, 'dry-run');
    case 'environment.dry_run_passed':
      return due(state, 'apply');
    case 'environment.applied': {
      const { objects } = event.data;
      const inventory = objects.map(({ outcome: _outcome, ...object }) => object);
      return due({ ...state, inventory, objectsApplied: objects.length }, 'wait');
    }
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
      return settled({ ...state, everReady: true }, 'running');
    case 'environment.needs_attention':
      return {
        ...withoutWork(state),
        status: 'needs_attention',
        step: event.data.step,
        ...(event.data.recheckAt !== undefined && { recheck: 1 }),
      };
    case 'environment.step_failed': {
      const { step, number, failures, retryAt } = event.data;
      const { postponed = 0 } = 'work' in state ? state.work : {};
      const work = { step, tries: number, failures, ...(postponed > 0 && { postponed }), notBefore: retryAt };
      return { ...withoutWork(state), status: statusDuring(step, state.mode), work };
    }
    case 'environment.postponed': {
      const { step, number } = event.data;
      const { failures = 0, postponed = 0 } = 'work' in state ? state.work : {};
      const work = { step, tries: number, failures, postponed: postponed + 1 };
      return { ...withoutWork(state), status: statusDuring(step, state.mode), work };
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
      return resolved(state, event.data.step);
    case 'environment.settings_corrected': {
      const identity = { ...state.identity, terms: event.data.terms };
      return retried(mendingByTheWay({ ...state, identity }), 'plan');
    }
    case 'environment.version_chosen':
      return retried(mendingByTheWay({ ...state, version: { image: event.data.image, by: 'operator' } }), 'plan');
    case 'environment.credential_link_issued':
      return { ...state, links: new Map([...state.links, [event.data.linkId, 'issued']]) };
    case 'environment.credential_redeemed':
      return { ...state, links: new Map([...state.links, [event.data.linkId, 'redeemed']]) };
    default:
      return unreachable(event);
  }
}

/** An export that was made by hand needs no other one. What follows from other steps stands in the same append. */
function resolved(state: KnownState, step: EnvironmentStep): EnvironmentState {
  if (step !== 'export' || !state.ending) return state;
  return due({ ...state, ending: { ...state.ending, exportedTo: 'by hand' }, handled: nothingHandled }, 'plan');
}

/** What stands already keeps what is known of it. */
function together(known: Known['inventory'], planned: readonly ObjectName[]): readonly KnownObject[] {
  const objects = new Map<string, KnownObject>(planned.map((object) => [keyOf(object), object]));
  for (const object of known) objects.set(keyOf(object), object);
  return [...objects.values()];
}
