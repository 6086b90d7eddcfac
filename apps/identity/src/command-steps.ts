import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { freshId, stableId } from '#libs/event-sourcing/src/ids.js';
import { fingerprint } from '#libs/http/src/command-context.js';
import type { ActiveUser } from './domain/user.js';

/** The context of another command that the same request needs: a repeated request makes the same ones. */
export function stepOf(request: CommandContext, ...step: readonly string[]): CommandContext {
  const { commandId, actor, correlationId, causationId, occurredAt, traceparent } = request;
  return {
    commandId: stableId(commandId, ...step),
    actor,
    correlationId,
    occurredAt,
    ...(causationId !== undefined && { causationId }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** Every attempt counts, also those that come with one Idempotency-Key: it would let somebody guess for ever. */
export function attemptOf(request: CommandContext): CommandContext {
  return { ...stepOf(request), commandId: freshId() };
}

/**
 * The context of a request that holds a secret: no hash of the secret goes into the log, not even a keyed one, so
 * that repeats are compared by the rest of the request alone.
 */
export function withoutSecret(request: CommandContext, rest: object): CommandContext {
  return { ...request, fingerprint: fingerprint('', '', Buffer.from(JSON.stringify(rest))) };
}

/** The context of a request that nobody was signed in for, once its user has proved who they are. */
export function asUser(user: ActiveUser, { actor: { ip }, ...request }: CommandContext): CommandContext {
  return { ...request, actor: { id: user.id, role: user.role, ...(ip !== undefined && { ip }) } };
}
