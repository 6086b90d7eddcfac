import helmet from '@fastify/helmet';
import Fastify from 'fastify';

/**
 * The headers that helmet puts on every answer. They are always the same, and helmet itself would write them anew for
 * each request, so it is asked once.
 */
export async function securityHeaders(): Promise<Readonly<Record<string, string>>> {
  const server = Fastify();
  // The documentation's page is the only HTML with scripts; it loads them from here, over plain HTTP too.
  await server.register(helmet, { contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  server.get('/', (_request, reply) => reply.send(reply.raw.getHeaders()));
  const answer = await server.inject('/');
  await server.close();
  return answer.json<Record<string, string>>();
}
