import { parseArgs } from 'node:util';
import { openDataFolder, openInMemory } from './data-folder.js';
import { EventLog } from './event-log.js';
import { startServer } from './server.js';

const usage =
  'Usage: eventstore-server (--data DIR | --in-memory) --port N [--host ADDRESS] [--exit-with-parent]; port 0 takes a free one.';

interface Settings {
  readonly data: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly exitWithParent: boolean;
}

function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      'in-memory': { type: 'boolean', default: false },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      'exit-with-parent': { type: 'boolean', default: false },
    },
  });
  if ((values.data !== undefined) === values['in-memory']) throw new Error('Give either --data DIR or --in-memory.');
  if (!/^\d{1,5}$/.test(values.port ?? '') || Number(values.port) > 65_535) {
    throw new Error('Give --port a number from 0 to 65535.');
  }
  return {
    data: values.data,
    host: values.host,
    port: Number(values.port),
    exitWithParent: values['exit-with-parent'],
  };
}

async function run({ data, host, port, exitWithParent }: Settings): Promise<void> {
  const storage = data === undefined ? openInMemory() : await openDataFolder(data);
  const server = await startServer(new EventLog(storage), host, port);
  const stop = (): void => {
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error, 1),
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  // The parent holds the other end of standard input, which closes however the parent ends.
  if (exitWithParent) process.stdin.resume().once('close', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
}

function fail(error: unknown, exitCode: number): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(exitCode);
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.argv.slice(2));
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
}

run(readSettingsOrExit()).catch((error: unknown) => fail(error, 1));
