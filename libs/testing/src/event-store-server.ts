import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServerProcess } from './server-process.js';

export interface EventStoreServerOptions {
  /** The folder that holds the log; without it nothing is kept on disk. */
  readonly data?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Put before the command; must become the server itself, so that signals reach it. */
  readonly launcher?: readonly string[];
}

export interface EventStoreServer extends ServerProcess {
  /** Connection string for the official client. */
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
}: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const place = data === undefined ? ['--in-memory'] : ['--data', data];
  const args = [...place, '--port', `${port}`, '--exit-with-parent'];
  const server = await startServerProcess(eventStoreServerMain, args, launcher);
  return { ...server, url: `esdb://127.0.0.1:${server.port}?tls=false` };
}
