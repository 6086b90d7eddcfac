import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import type { Attempt } from '../carry-out-steps/attempt.js';
import type { Lease, WorkingState } from '../domain/environment.js';
import type { EnvironmentCommand } from '../domain/environment.decider.js';

/** An environment with a step in hand. */
export type WorkingEnvironment = WorkingState;

type OutcomeCommand<Data extends { readonly attempt: string }> = new (
  target: string,
  data: Data,
  context: CommandContext,
) => EnvironmentCommand;

/** The command that ends an attempt: `outcome(CompleteWait, environment, attempt, { ready: 2 })`. */
export function outcome<Data extends { readonly attempt: string }>(
  command: OutcomeCommand<Data>,
  { identity }: WorkingEnvironment,
  attempt: Attempt,
  data: Omit<Data, 'attempt'>,
): EnvironmentCommand {
  // `Omit` over a type parameter hides from the compiler that nothing but the attempt is missing.
  const whole = { ...data, attempt: attempt.id } as unknown as Data;
  return new command(identity.environmentId, whole, attempt.context('outcome'));
}

/** The same for a step that is not the last one: its worker goes on with the next one. */
export function stepDone<Data extends { readonly attempt: string; readonly next?: Lease }>(
  command: OutcomeCommand<Data>,
  environment: WorkingEnvironment,
  attempt: Attempt,
  data: Omit<Data, 'attempt' | 'next'>,
): EnvironmentCommand {
  const next = attempt.next();
  const whole = { ...data, ...(next && { next }) } as unknown as Omit<Data, 'attempt'>;
  return outcome(command, environment, attempt, whole);
}
