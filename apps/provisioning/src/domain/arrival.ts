import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { EnvironmentEvent } from '#libs/events/src/provisioning.js';
import { corrected } from './drift.js';
import { type Known, type KnownState, sameTerms, type Settled } from './environment.js';

const dayMs = 24 * 3_600_000;

/** What has come about when an environment is what it was to be. */
export function arrived(state: KnownState, occurredAt: string): readonly EnvironmentEvent[] {
  const mended = corrected(state, 'us');
  // Where a correction was all that was wanted, nothing else has come about. What has come about has the last word.
  return state.drift?.correcting ? mended : [...mended, ...reached(state, occurredAt)];
}

function reached(state: Known, occurredAt: string): readonly EnvironmentEvent[] {
  const { identity, mode, settled, everReady, ending, objectsApplied } = state;
  const data = { ...identity, objectsApplied };
  switch (mode) {
    case 'running': {
      if (!everReady) return [{ type: 'environment.ready', data }];
      const back = settled?.mode === 'suspended';
      return [
        ...(back ? [{ type: 'environment.restored', data } as const] : []),
        ...(back && !hasNewTerms(state) ? [] : amended(state, mode)),
      ];
    }
    case 'suspended': {
      const still = settled?.mode === 'suspended';
      return [
        ...(still ? [] : [{ type: 'environment.suspended', data } as const]),
        ...(still || (settled && hasNewTerms(state)) ? amended(state, mode) : []),
      ];
    }
    case 'retired': {
      const days = ending?.promised.retentionDays ?? 0;
      const deleteAt = new Date(Date.parse(occurredAt) + days * dayMs).toISOString();
      return [{ type: 'environment.retained', data: { ...identity, deleteAt } }];
    }
    default:
      return unreachable(mode);
  }
}

function hasNewTerms({ identity, settled }: Known): boolean {
  return settled === undefined || !sameTerms(identity.terms, settled.terms);
}

function amended({ identity, settled, objectsApplied }: Known, mode: Settled['mode']): readonly EnvironmentEvent[] {
  const previous = settled?.terms ?? identity.terms;
  return [{ type: 'environment.amended', data: { ...identity, objectsApplied, previous, mode } }];
}
