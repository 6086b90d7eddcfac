import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JwtService, type JwtSignOptions } from '@nestjs/jwt';
import { accessTokenAlgorithm, accessTokenAudience, accessTokenIssuer } from '#libs/auth/src/access-token.js';
import type { PublishedRevocations } from '#libs/auth/src/revocation.js';
import type { Role } from '#libs/events/src/identity.js';

export interface TokenRequest {
  readonly roles?: readonly Role[];
  readonly sub?: string;
  readonly name?: string;
  /** Session id. */
  readonly sid?: string;
  /** Revision of the user. */
  readonly urev?: number;
  /** Overrides what the token would say, to make a wrong one. */
  readonly sign?: JwtSignOptions;
}

/** Stands in for identity: publishes a key set, and no revocations, over HTTP and signs tokens with its key. */
export interface TokenIssuer {
  /** For `JWKS_URL`. */
  readonly jwksUrl: string;
  /** How often the key set was fetched. */
  readonly fetches: number;
  token(request?: TokenRequest): string;
  /** A header to send: `{ authorization: 'Bearer …' }`. */
  bearer(request?: TokenRequest): { authorization: string };
  /** New tokens are signed with a new key; the old one is withdrawn. */
  rotate(): void;
  stop(): Promise<void>;
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  let key = newKey();
  let fetches = 0;
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url?.endsWith('/revocations.json')) {
      const published: PublishedRevocations = { position: '-1', revoked: [] };
      response.end(JSON.stringify(published));
      return;
    }
    fetches += 1;
    const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid: key.kid, alg: accessTokenAlgorithm, use: 'sig' };
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const token = ({
    roles = ['ADMIN'],
    sub = randomUUID(),
    name = 'Test Person',
    sign = {},
    ...claims
  }: TokenRequest = {}) =>
    new JwtService().sign(
      { roles, name, ...claims },
      {
        privateKey: pem(key.privateKey),
        algorithm: accessTokenAlgorithm,
        issuer: accessTokenIssuer,
        audience: accessTokenAudience,
        subject: sub,
        keyid: key.kid,
        expiresIn: '15m',
        ...sign,
      },
    );
  return {
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    get fetches() {
      return fetches;
    },
    token,
    bearer: (request) => ({ authorization: `Bearer ${token(request)}` }),
    rotate: () => (key = newKey()),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function newKey() {
  return { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }), kid: randomUUID() };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
