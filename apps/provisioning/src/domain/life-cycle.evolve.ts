import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import type { EnvironmentState, KnownState } from './environment.js';
import { wishTypes } from './life-cycle.js';
import { due, overtaken, settled, withoutWork } from './transitions.js';

const lifeCycleTypes = [
  ...wishTypes,
  'environment.attempt_stopped',
  'environment.approval_requested',
  'environment.change_approved',
  'environment.change_rejected',
  'environment.amended',
  'environment.suspended',
  'environment.restored',
  'environment.exported',
  'environment.retained',
  'environment.deleted',
] as const satisfies readonly EnvironmentEvent['type'][];

type LifeCycleEvent = Extract<EnvironmentEvent, { readonly type: (typeof lifeCycleTypes)[number] }>;

export function isLifeCycleEvent(event: EnvironmentEvent): event is LifeCycleEvent {
  return lifeCycleTypes.some((type) => type === event.type);
}

/** What an event of the life cycle makes of the state. */
export function evolveLifeCycle(state: KnownState, event: LifeCycleEvent): EnvironmentState {
  switch (event.type) {
    case 'environment.amendment_requested':
      return amended(state, event.data);
    case 'environment.suspension_requested':
      return overtaken({ ...state, mode: 'suspended' });
    case 'environment.resumption_requested':
      return overtaken({ ...state, mode: 'running' });
    case 'environment.termination_requested': {
      const { reason, promised } = event.data;
      const ending = { why: 'terminated', promised, ...(reason !== undefined && { reason }) } as const;
      return overtaken({ ...state, mode: 'retired', ending });
    }
    case 'environment.cancellation_requested': {
      const { reason } = event.data;
      const promised = { export: false, retentionDays: 0 };
      const ending = { why: 'cancelled', promised, ...(reason !== undefined && { reason }) } as const;
      return overtaken({ ...state, mode: 'retired', ending });
    }
    case 'environment.attempt_stopped': {
      if (!('work' in state)) return state;
      const { revoked: _revoked, ...work } = state.work;
      return { ...state, work };
    }
    case 'environment.approval_requested':
      return { ...withoutWork(state), status: 'awaiting_approval' };
    case 'environment.change_approved':
      return due({ ...state, ...(state.plan && { approved: state.plan.hash }) }, 'apply');
    case 'environment.change_rejected':
      return rejected(state, event.data);
    case 'environment.amended':
      return settled(state, event.data.mode);
    case 'environment.suspended':
      return settled(state, 'suspended');
    case 'environment.restored':
      return settled(state, 'running');
    case 'environment.exported':
      return due(ended(state, { exportedTo: event.data.location }), 'plan');
    case 'environment.retained': {
      const { deleteAt } = event.data;
      const work = { step: 'delete', tries: 0, failures: 0, notBefore: deleteAt } as const;
      return { ...withoutWork(ended(state, { retainedUntil: deleteAt })), status: 'retained', work };
    }
    case 'environment.deleted': {
      const status = event.data.why === 'cancelled' ? 'cancelled' : 'deleted';
      return { ...withoutWork(state), inventory: [], status };
    }
    default:
      return unreachable(event);
  }
}

type Amendment = Extract<LifeCycleEvent, { readonly type: 'environment.amendment_requested' }>['data'];

/** What runs goes on to run: the version stays, unless another plan may have others. */
function amended(state: KnownState, { company, terms }: Amendment): EnvironmentState {
  const { version, ...others } = state;
  const kept = version && terms.plan === state.identity.terms.plan ? { version } : {};
  const identity = { ...state.identity, company, terms };
  return overtaken({ ...others, ...kept, identity });
}

type Rejection = Extract<LifeCycleEvent, { readonly type: 'environment.change_rejected' }>['data'];

/** The environment is what it was before the change. Where parts of that may stand, they are known on. */
function rejected(state: KnownState, { terms, mode }: Rejection): EnvironmentState {
  const { approved: _approved, plan: _plan, version: _version, ...others } = withoutWork(state);
  const { settled: before, appliesBegun, inventory } = others;
  const known = {
    ...others,
    mode,
    identity: { ...state.identity, terms },
    inventory: before?.appliesBegun === appliesBegun ? before.inventory : inventory,
    ...(before?.plan && { plan: before.plan }),
    ...(before?.version && { version: before.version }),
  };
  return { ...known, status: mode === 'running' ? 'ready' : 'suspended' };
}

function ended(state: KnownState, more: { readonly exportedTo?: string; readonly retainedUntil?: string }): KnownState {
  return state.ending ? { ...state, ending: { ...state.ending, ...more } } : state;
}
