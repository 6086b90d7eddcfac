import type { FastifyReply } from 'fastify';
import type { Me, SessionTokens } from './auth.dto.js';
import type { ActiveUser } from './domain/user.js';
import type { SignedIn } from './sessions.js';

/** Sets `X-Event-Position`. */
export function sessionTokens({ position, user, ...tokens }: SignedIn, reply: FastifyReply): SessionTokens {
  void reply.header('X-Event-Position', position.toString());
  return { ...tokens, user: meOf(user) };
}

export function meOf({ id, email, name, role }: ActiveUser): Me {
  return { id, email, name, role };
}
