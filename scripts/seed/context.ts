import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import type { Actor } from '#libs/event-sourcing/src/event.js';
import { stableId } from '#libs/event-sourcing/src/ids.js';

export interface SeedOptions {
  readonly customers: number;
  /** Another one makes another data set, which can stand beside the first. */
  readonly seed: number;
  /** Calendar day up to which things happened, `2026-11-22`. */
  readonly until: string;
  /** Customers and users alone, without meetings, tasks, deals and approvals. */
  readonly customersOnly?: boolean;
}

/** Asks for what nobody of the team did. */
export const seeder: Actor = { id: 'seed', role: 'SERVICE', ip: '10.20.0.1' };

/** Who asks for what, when. The same place in the data set is the same command, so a second run repeats the first. */
export function contextOf(
  seed: number,
  actor: Actor,
  occurredAt: string,
  ...place: readonly (string | number)[]
): CommandContext {
  const commandId = stableId('seed', seed, ...place);
  return { commandId, correlationId: commandId, actor, occurredAt };
}
