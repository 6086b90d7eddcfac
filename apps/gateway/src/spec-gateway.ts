import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startEventStoreServer } from '#libs/testing/src/event-store-server.js';
import { testRedisUrl } from '#libs/testing/src/redis.js';
import { startTokenIssuer, type TokenIssuer } from '#libs/testing/src/token-issuer.js';
import { createGateway } from './gateway.js';
import { serviceNames, type ServiceName } from './route-table.js';
import { type SpecService, startSpecService } from './spec-service.js';

/** A gateway before servers that note what reaches them. A service hangs after 300 ms. */
export interface SpecGateway {
  readonly gateway: NestFastifyApplication;
  readonly services: Readonly<Record<ServiceName, SpecService>>;
  readonly issuer: TokenIssuer;
  stop(): Promise<void>;
}

export const silent = { logger: { level: 'silent' }, serviceAnswersWithinMs: 300 } as const;

/** One for a spec file: it reads its settings from `process.env`. */
export async function startSpecGateway(): Promise<SpecGateway> {
  const started = await Promise.all(serviceNames.map(async (name) => [name, await startSpecService(name)] as const));
  const [issuer, eventStore] = await Promise.all([startTokenIssuer(), startEventStoreServer()]);
  const urls = started.map(([name, { url }]) => [`${name.toUpperCase().replaceAll('-', '_')}_URL`, url] as const);
  Object.assign(process.env, {
    ...Object.fromEntries(urls),
    EVENTSTORE_URL: eventStore.url,
    JWKS_URL: issuer.jwksUrl,
    REDIS_URL: await testRedisUrl(),
    RATE_LIMIT_ANONYMOUS: '1000/15m',
  });
  const gateway = await createGateway(silent);
  return {
    gateway,
    services: Object.fromEntries(started) as Record<ServiceName, SpecService>,
    issuer,
    stop: async () => {
      await gateway.close();
      await Promise.all([issuer.stop(), eventStore.stop(), ...started.map(([, service]) => service.stop())]);
    },
  };
}
