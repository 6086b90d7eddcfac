import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { IdentityModule } from './identity.module.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { startTestApp, type TestApp } from '#libs/testing/src/test-app.js';

export interface IdentityApp extends TestApp {
  /** What the first start wrote for the operator. */
  readonly administrator: { readonly email: string; readonly password: string };
  readonly administratorFile: string;
  readonly client: { readonly client_id: string; readonly client_secret: string };
  /** Every line that was logged, at the most talkative level. */
  readonly logLines: readonly string[];
}

/** Identity alone, as a first start makes it; its guard checks tokens against the keys that it serves itself. */
export async function startIdentityApp(): Promise<IdentityApp> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keiyaku-identity-'));
  const administratorFile = join(folder, 'first-administrator.json');
  const clientsFile = join(folder, 'service-clients.json');
  const client = { client_id: 'crm', client_secret: randomBytes(32).toString('base64url') };
  writeFileSync(
    clientsFile,
    JSON.stringify([{ id: client.client_id, secret: client.client_secret, description: 'The CRM' }]),
    { mode: 0o600 },
  );
  const logLines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logLines.push(chunk.toString());
      done();
    },
  });
  const port = await choosePort();
  const app = await startTestApp({
    modules: [IdentityModule],
    contexts: ['identity'],
    port,
    env: {
      JWKS_URL: `http://127.0.0.1:${port}/api/auth/.well-known/jwks.json`,
      SERVICE_CLIENTS_FILE: clientsFile,
      FIRST_ADMINISTRATOR_FILE: administratorFile,
      ADMINISTRATOR_EMAIL: 'Admin@keiyaku.example',
    },
    logger: { level: 'trace', stream },
  });
  return {
    ...app,
    administrator: JSON.parse(readFileSync(administratorFile, 'utf8')) as IdentityApp['administrator'],
    administratorFile,
    client,
    logLines,
    close: async () => {
      await app.close();
      rmSync(folder, { recursive: true });
    },
  };
}
