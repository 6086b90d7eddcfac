import { Command } from '#libs/event-sourcing/src/command.js';
import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EndPromise, EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { type EnvironmentIdentity, firstStep, type KnownState, sameTerms } from './environment.js';

interface Reason {
  readonly reason?: string;
}

/** The contract has other terms or another contact. */
export class AmendEnvironment extends Command<Pick<EnvironmentIdentity, 'company' | 'terms'>> {
  override readonly type = 'amend_environment';
}

export class SuspendEnvironment extends Command<Reason> {
  override readonly type = 'suspend_environment';
}

export class ResumeEnvironment extends Command<Reason> {
  override readonly type = 'resume_environment';
}

/** The contract ended: the data is exported and kept as promised, then everything is deleted. */
export class TerminateEnvironment extends Command<Reason & { readonly promised: EndPromise }> {
  override readonly type = 'terminate_environment';
}

/** The contract was cancelled before its environment was ready. One that was ready once is terminated instead. */
export class CancelEnvironment extends Command<Reason & { readonly promised: EndPromise }> {
  override readonly type = 'cancel_environment';
}

/** An attempt has noticed that its work is not wanted any more, and does nothing further. */
export class StopAttempt extends Command<{ readonly attempt: string }> {
  override readonly type = 'stop_attempt';
}

export type LifeCycleCommand =
  AmendEnvironment | SuspendEnvironment | ResumeEnvironment | TerminateEnvironment | CancelEnvironment | StopAttempt;

export const lifeCycleCommands = [
  AmendEnvironment,
  SuspendEnvironment,
  ResumeEnvironment,
  TerminateEnvironment,
  CancelEnvironment,
  StopAttempt,
] as const;

/** Events that say what is wanted of an environment; each overtakes what was wanted before. */
export const wishTypes = [
  'environment.amendment_requested',
  'environment.suspension_requested',
  'environment.resumption_requested',
  'environment.termination_requested',
  'environment.cancellation_requested',
] as const satisfies readonly EnvironmentEvent['type'][];

export type Wish = (typeof wishTypes)[number];
export const wishes: ReadonlySet<string> = new Set(wishTypes);

export function isLifeCycle(command: Command): command is LifeCycleCommand {
  return lifeCycleCommands.some((type) => command instanceof type);
}

/** What the contract wants of its environment. What is wanted already, and all that comes after the end, changes nothing. */
export function followContract(command: LifeCycleCommand, state: KnownState): readonly EnvironmentEvent[] {
  const environmentId = command.target;
  if (command.type === 'stop_attempt') return stopAttempt(command, state);
  if (state.ending) return [];
  switch (command.type) {
    case 'amend_environment': {
      const { company, terms } = command.data;
      const { contractId } = state.identity;
      if (sameTerms(terms, state.identity.terms) && sameContact(company, state.identity.company)) return [];
      return [{ type: 'environment.amendment_requested', data: { environmentId, contractId, company, terms } }];
    }
    case 'suspend_environment':
      if (state.mode === 'suspended') return [];
      return [{ type: 'environment.suspension_requested', data: { environmentId, ...command.data } }];
    case 'resume_environment':
      if (state.mode === 'running') return [];
      return [{ type: 'environment.resumption_requested', data: { environmentId, ...command.data } }];
    case 'terminate_environment':
      return terminate(command, state);
    case 'cancel_environment': {
      if (state.everReady) return terminate(command, state);
      const { promised: _promised, ...data } = command.data;
      return [{ type: 'environment.cancellation_requested', data: { environmentId, ...data } }];
    }
    default:
      return unreachable(command);
  }
}

function sameContact(one: EnvironmentIdentity['company'], other: EnvironmentIdentity['company']): boolean {
  return one.name === other.name && one.email === other.email && one.language === other.language;
}

function terminate(
  { target, data }: TerminateEnvironment | CancelEnvironment,
  { appliesBegun }: KnownState,
): readonly EnvironmentEvent[] {
  const from = firstStep({ appliesBegun, ending: { why: 'terminated', ...data } });
  return [{ type: 'environment.termination_requested', data: { environmentId: target, ...data, from } }];
}

function stopAttempt({ target, data }: StopAttempt, state: KnownState): readonly EnvironmentEvent[] {
  if (!('work' in state) || state.work.revoked?.attempt !== data.attempt) return [];
  return [{ type: 'environment.attempt_stopped', data: { environmentId: target, ...data, due: state.work.step } }];
}
