import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServerProcess } from './server-process.js';
import type { TestCertificate } from './test-certificate.js';

export interface EventStoreServerOptions {
  /** The folder that holds the log; without it nothing is kept on disk. */
  readonly data?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Put before the command; must become the server itself, so that signals reach it. */
  readonly launcher?: readonly string[];
  /** With it the server speaks TLS and asks who calls. */
  readonly certificate?: TestCertificate;
}

export interface EventStoreServer extends ServerProcess {
  /** Connection string for the official client; of a secure server as the user admin with the default password. */
  readonly url: string;
}

export const eventStoreServerMain = fileURLToPath(
  new URL('../../../dist/libs/eventstore-server/src/main.js', import.meta.url),
);

/** Starts the event store server as a process of its own; it ends with the process that started it. */
export async function startEventStoreServer({
  data,
  port = 0,
  launcher = [],
  certificate,
}: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const place = data === undefined ? ['--in-memory'] : ['--data', data];
  const tls = certificate === undefined ? [] : ['--tls-cert', certificate.certFile, '--tls-key', certificate.keyFile];
  const args = [...place, ...tls, '--port', `${port}`, '--exit-with-parent'];
  const server = await startServerProcess(eventStoreServerMain, args, launcher);
  const host = `127.0.0.1:${server.port}`;
  const url =
    certificate === undefined
      ? `esdb://${host}?tls=false`
      : `esdb://admin:changeit@${host}?tls=true&tlsCAFile=${encodeURIComponent(certificate.caFile)}`;
  return { ...server, url };
}
