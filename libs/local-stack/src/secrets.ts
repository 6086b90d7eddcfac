import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.js';
import { StackError } from './stack-error.js';

/** Made once at the first start and kept beside the data that they open. Never printed. */
export interface Secrets {
  /** 32 bytes in base64. */
  encryptionKey: string;
  postgresPassword: string;
  redisPassword: string;
  /** Of the roles that may read the read models: one for all databases. */
  analystPassword: string;
  /** Secret by client id. */
  serviceClients: Record<string, string>;
}

/** Machines that call the API, with what they are for. */
const SERVICE_CLIENTS: Readonly<Record<string, string>> = {
  crm: 'The CRM that posts customers',
  suite: 'All contexts in one process',
  contract: 'The contract context on its own',
  provisioning: 'The provisioning context on its own',
  notification: 'The notification context on its own',
};

export interface KeptSecrets extends Secrets {
  /** `[{ id, secret, description }]` for the identity context. */
  serviceClientsFile: string;
}

export function secretsFile(dataDir: string): string {
  return join(dataDir, 'secrets.json');
}

/** The secrets that a file keeps; undefined when there is no such file. */
export function readSecrets(file: string): Secrets | undefined {
  return readJson<Secrets>(file);
}

/** Both files can be read by their owner only (mode 600). */
export function keepSecrets(dataDir: string): KeptSecrets {
  const file = secretsFile(dataDir);
  const kept = readSecrets(file);
  if (!kept && existsSync(join(dataDir, 'postgres'))) {
    throw new StackError(
      `${file} is gone and the data beside it cannot be opened without it: put it back, or choose an empty folder (KEIYAKU_DATA=.data2 npm start).`,
    );
  }
  const clients = Object.keys(SERVICE_CLIENTS).map((id) => [id, kept?.serviceClients[id] ?? randomSecret()] as const);
  const secrets: Secrets = {
    encryptionKey: kept?.encryptionKey ?? randomBytes(32).toString('base64'),
    postgresPassword: kept?.postgresPassword ?? randomSecret(),
    redisPassword: kept?.redisPassword ?? randomSecret(),
    analystPassword: kept?.analystPassword ?? randomSecret(),
    serviceClients: Object.fromEntries(clients),
  };
  writeJson(file, secrets);
  const serviceClientsFile = join(dataDir, 'service-clients.json');
  writeJson(
    serviceClientsFile,
    clients.map(([id, secret]) => ({ id, secret, description: SERVICE_CLIENTS[id] })),
  );
  return { ...secrets, serviceClientsFile };
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
