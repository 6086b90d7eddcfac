import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EnvError } from '#libs/http/src/env.js';

export interface ServiceClient {
  readonly id: string;
  readonly description: string;
}

const variable = 'SERVICE_CLIENTS_FILE';
const shape = '[{ "id": "crm", "secret": "…", "description": "The CRM" }]';
const shortestSecret = 32;

/** The machines that may call the API. Secrets are long and random, so a fast hash is enough for them. */
export class ServiceClients {
  private readonly decoy = randomBytes(32);

  private constructor(private readonly clients: ReadonlyMap<string, ServiceClient & { readonly digest: Buffer }>) {}

  /** @throws EnvError that says what is wrong with the file, and never what stands in it */
  static fromFile(path: string): ServiceClients {
    const clients = new Map<string, ServiceClient & { digest: Buffer }>();
    for (const [index, entry] of readEntries(path).entries()) {
      const { id, secret, description } = (entry ?? {}) as Record<string, unknown>;
      if (typeof id !== 'string' || id === '' || typeof secret !== 'string' || typeof description !== 'string') {
        throw unusable(`entry ${index + 1} lacks a text. Write the file like ${shape}`);
      }
      if (secret.length < shortestSecret) {
        throw unusable(`the secret of ${id} has less than ${shortestSecret} characters. Use openssl rand -base64 32`);
      }
      if (clients.has(id)) throw unusable(`it names ${id} twice. Remove one of them`);
      clients.set(id, { id, description, digest: digestOf(secret) });
    }
    return new ServiceClients(clients);
  }

  /** Whether there is such a client. */
  has(id: string): boolean {
    return this.clients.has(id);
  }

  /** The client, when the secret is its own. */
  authenticate(id: string, secret: string): ServiceClient | undefined {
    const client = this.clients.get(id);
    const matches = timingSafeEqual(digestOf(secret), client?.digest ?? this.decoy);
    return client && matches ? { id: client.id, description: client.description } : undefined;
  }
}

function readEntries(path: string): readonly unknown[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A parser's message shows a part of what it read.
    if (error instanceof SyntaxError) throw unusable(`the file is no JSON. Write it like ${shape}`);
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw unusable(`the file can't be read (${reason}). Set it to the path of a JSON file`);
  }
  if (!Array.isArray(content)) throw unusable(`the file holds no list. Write it like ${shape}`);
  return content;
}

function unusable(reason: string): EnvError {
  return new EnvError([`${variable} is not usable: ${reason}.`]);
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
