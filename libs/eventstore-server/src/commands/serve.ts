import { openDataFolder, openInMemory } from '../data-folder.js';
import { EventLog } from '../event-log.js';
import { startServer } from '../server.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore [serve] (--data DIR | --in-memory) [OPTIONS]

  --data DIR          the folder of the log; it is made when it is missing
  --in-memory         a log that is gone with the process
  --port N            default 2113; 0 takes a free one
  --host ADDRESS      where to listen, default 127.0.0.1
  --exit-with-parent  ends when its standard input closes

It prints {"ready":true,"port":2113} once it serves. SIGTERM and SIGINT end it.`;

interface Settings {
  readonly data: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly exitWithParent: boolean;
}

function readSettings(args: readonly string[]): Settings {
  const values = readOptions(args, {
    data: { type: 'string' },
    'in-memory': { type: 'boolean', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '2113' },
    'exit-with-parent': { type: 'boolean', default: false },
  });
  if ((values.data !== undefined) === values['in-memory']) {
    throw new UsageError('Give either --data DIR or --in-memory.');
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new UsageError('Give --port a number from 0 to 65535.');
  }
  return {
    data: values.data,
    host: values.host,
    port: Number(values.port),
    exitWithParent: values['exit-with-parent'],
  };
}

export async function run(args: readonly string[]): Promise<void> {
  const { data, host, port, exitWithParent } = readSettings(args);
  const storage = data === undefined ? openInMemory() : await openDataFolder(data);
  const server = await startServer(new EventLog(storage), { host, port });
  const stop = (): void => {
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  // The parent holds the other end of standard input, which closes however the parent ends.
  if (exitWithParent) process.stdin.resume().once('close', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
}
