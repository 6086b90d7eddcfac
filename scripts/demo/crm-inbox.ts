import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { writeJson } from '#libs/local-stack/src/files.js';
import { choosePort } from '#libs/local-stack/src/ports.js';
import { isSigned, isTimely } from '#libs/webhooks/src/standard-webhook.js';
import { poll } from './follow.js';
import type { KeiyakuApi } from './keiyaku-api.js';

/** What Keiyaku told the CRM of an environment. */
export interface Told {
  readonly externalId: string;
  readonly eventType: string;
  readonly status: string;
  readonly url: string;
  /** Place of the update among those of its environment. */
  readonly sequence: number;
}

/** What the CRM remembers in the data folder (mode 600). */
interface InboxMemory {
  readonly endpoint: { readonly id: string; readonly secret: string };
  readonly port: number;
  /** By webhook-id: what comes twice counts once. */
  readonly told: Readonly<Record<string, Told>>;
}

/** The CRM's side of the write-back: takes webhooks, believes those that are signed, and remembers what they say. */
export class CrmInbox {
  private constructor(
    private readonly file: string,
    private memory: InboxMemory,
  ) {}

  /** Listens at the port of the runs before, or registers an endpoint at a new one. */
  static async open(dataDir: string, api: KeiyakuApi): Promise<CrmInbox> {
    const file = join(dataDir, 'demo-crm-inbox.json');
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as InboxMemory) : undefined;
    const port = await choosePort(known?.port);
    const usable = known?.port === port ? known : { ...(await registered(api, port)), told: known?.told ?? {} };
    const inbox = new CrmInbox(file, usable);
    writeJson(file, usable);
    await inbox.listen(port);
    return inbox;
  }

  /** Waits until what a customer's environment came to was told; answers everything that was, oldest first. */
  async toldOf(externalId: string, isEnd: (told: Told) => boolean, signal: AbortSignal): Promise<readonly Told[]> {
    const look = async (): Promise<readonly Told[] | undefined> => {
      const told = Object.values(this.memory.told).filter((one) => one.externalId === externalId);
      const ended = told.some(isEnd);
      return ended ? told.toSorted((one, other) => one.sequence - other.sequence) : undefined;
    };
    return poll(look, 'The CRM was not told what became of the environment', signal);
  }

  private async listen(port: number): Promise<void> {
    const server: Server = createServer((request, response) => {
      this.take(request).then(
        (status) => response.writeHead(status).end(),
        () => response.writeHead(400).end(),
      );
    });
    server.listen(port, '127.0.0.1').unref();
    await once(server, 'listening');
  }

  /** Answers the HTTP status. */
  private async take(request: IncomingMessage): Promise<number> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
      request.headers[`webhook-${name}`]?.toString(),
    );
    const webhook = { id, timestamp, signature, body };
    if (id === undefined || !isTimely(webhook, new Date())) return 401;
    if (!isSigned(webhook, [this.memory.endpoint.secret])) return 401;
    const { eventType, data } = JSON.parse(body.toString()) as { eventType: string; data: Omit<Told, 'eventType'> };
    const { externalId, status, url, sequence } = data;
    const told = { ...this.memory.told, [id]: { externalId, eventType, status, url, sequence } };
    this.memory = { ...this.memory, told };
    // Written down before it is acknowledged: Keiyaku does not say it again.
    writeJson(this.file, this.memory);
    return 204;
  }
}

async function registered(api: KeiyakuApi, port: number): Promise<Pick<InboxMemory, 'endpoint' | 'port'>> {
  const url = `http://127.0.0.1:${port}/environments`;
  const { id, secret } = await api.post<InboxMemory['endpoint']>('/api/webhook-endpoints', { name: 'Demo CRM', url });
  return { endpoint: { id, secret }, port };
}
