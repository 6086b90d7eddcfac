import { makeBuiltInUsers, notesWithoutUsers } from '../built-in-users.js';
import type { Certificate } from '../certificate.js';
import { readCertificate } from '../certificate.js';
import { openDataFolder, openInMemory } from '../data-folder.js';
import { EventLog } from '../event-log.js';
import { startServer } from '../server.js';
import type { Secured } from '../server.js';
import { Users } from '../users.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore [serve] (--data DIR | --in-memory) [OPTIONS]

  --data DIR          the folder of the log; it is made when it is missing
  --in-memory         a log that is gone with the process
  --port N            default 2113; 0 takes a free one
  --host ADDRESS      where to listen, default 127.0.0.1
  --tls-cert FILE     the certificate, in PEM with its chain; with --tls-key
  --tls-key FILE      its private key, in PEM without passphrase
  --exit-with-parent  ends when its standard input closes

Without TLS whoever reaches the port may do everything. With it there are users, admin and ops, whose passwords
EVENTSTORE_ADMIN_PASSWORD and EVENTSTORE_OPS_PASSWORD set at the log's first start with TLS (default: changeit).

It prints {"ready":true,"port":2113} once it serves. SIGTERM and SIGINT end it.`;

interface Settings {
  readonly data: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly exitWithParent: boolean;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
}

function readSettings(args: readonly string[]): Settings {
  const values = readOptions(args, {
    data: { type: 'string' },
    'in-memory': { type: 'boolean', default: false },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '2113' },
    'exit-with-parent': { type: 'boolean', default: false },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
  });
  if ((values.data !== undefined) === values['in-memory']) {
    throw new UsageError('Give either --data DIR or --in-memory.');
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new UsageError('Give --port a number from 0 to 65535.');
  }
  const { 'tls-cert': certFile, 'tls-key': keyFile } = values;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new UsageError('Give --tls-cert and --tls-key together.');
  }
  return {
    data: values.data,
    host: values.host,
    port: Number(values.port),
    exitWithParent: values['exit-with-parent'],
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
  };
}

function tell(notes: readonly string[]): void {
  for (const note of notes) process.stderr.write(`${note}\n`);
}

async function secure(log: EventLog, certificate: Certificate): Promise<Secured> {
  const users = new Users(log);
  tell(await makeBuiltInUsers(log, users, process.env));
  return { certificate, users };
}

export async function run(args: readonly string[]): Promise<void> {
  const { data, host, port, exitWithParent, tls } = readSettings(args);
  const certificate = tls && readCertificate(tls.certFile, tls.keyFile);
  const storage = data === undefined ? openInMemory() : await openDataFolder(data);
  const log = new EventLog(storage);
  if (certificate === undefined) tell(notesWithoutUsers(process.env));
  const secured = certificate && (await secure(log, certificate));
  const server = await startServer(log, { host, port, secured });
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
