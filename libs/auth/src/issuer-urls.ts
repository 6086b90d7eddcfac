import { readEnv, url } from '#libs/http/src/env.js';

/** `JWKS_URL`, or where identity publishes its keys under `PUBLIC_URL`. @throws EnvError */
export function jwksUrl(): string {
  const example = 'http://127.0.0.1:3000';
  if (process.env['JWKS_URL']) return readEnv({ JWKS_URL: url() }).JWKS_URL;
  return `${readEnv({ PUBLIC_URL: url({ example }) }).PUBLIC_URL}/api/auth/.well-known/jwks.json`;
}

/** What identity serves elsewhere, as a path relative to its key set. */
export function besideKeySet(path: string): string {
  return new URL(path, jwksUrl()).href;
}
