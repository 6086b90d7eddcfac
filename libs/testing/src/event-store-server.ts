import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface EventStoreServerOptions {
  /** Keep nothing on disk. The default, unless `data` is given. */
  readonly inMemory?: boolean;
  /** The folder that holds the log. */
  readonly data?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
}

export interface EventStoreServer {
  /** Connection string for the official client. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends the signal and waits until the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends the process cleanly; harmless when it is already gone. */
  stop(): Promise<void>;
}

/** Compiled, because Node cannot run the sources: `npm run build` comes first. */
export const eventStoreServerMain = fileURLToPath(
  new URL('../../../dist/libs/eventstore-server/src/main.js', import.meta.url),
);

/** Starts the event store server as a process of its own; it ends with the process that started it. */
export async function startEventStoreServer(options: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const place = options.data !== undefined && !options.inMemory ? ['--data', options.data] : ['--in-memory'];
  const child = spawn(
    process.execPath,
    [eventStoreServerMain, ...place, '--port', String(options.port ?? 0), '--exit-with-parent'],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const port = await readyPort(child);
  const exited = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await exited;
    }
  };
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    port,
    pid: child.pid!,
    kill,
    stop: () => kill('SIGTERM'),
  };
}

async function readyPort(child: ChildProcess): Promise<number> {
  let out = '';
  let complaints = '';
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      reject(new Error(`The event store server ended (${code ?? signal}) before it was ready: ${complaints.trim()}`)),
    );
    child.stderr!.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.stdout!.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const line = out.split('\n').find((candidate) => candidate.startsWith('{"ready":true'));
      if (line !== undefined && out.includes(`${line}\n`)) resolve((JSON.parse(line) as { port: number }).port);
    });
  });
}
