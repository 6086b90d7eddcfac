import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './apt-package.js';
import { startPart } from './part.js';
import type { PartProcess, StartHooks } from './part.js';
import { choosePort } from './ports.js';

const redisPackage = { title: 'Redis', program: 'redis-server', name: 'redis-server' };

export interface RedisOptions extends StartHooks {
  dataDir: string;
  /** 0 or none: a free one. */
  port?: number;
  /** True keeps everything in an append-only file; false keeps nothing. */
  durable: boolean;
  /** Without one everybody on this machine may connect: tests only. */
  password?: string;
  /** How many numbered databases; default 16. */
  databases?: number;
  /** Default: `<dataDir>.log`. */
  logFile?: string;
  report?: (line: string) => void;
}

export interface RunningRedis extends PartProcess {
  readonly url: string;
  readonly port: number;
}

export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const { dataDir, logFile = `${dataDir}.log`, password } = options;
  const command = await findProgram(redisPackage, options.report);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const port = options.port || (await choosePort());
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: dataDir,
    databases: String(options.databases ?? 16),
    appendonly: options.durable ? 'yes' : 'no',
    save: '""',
    ...(password === undefined ? {} : { requirepass: password }),
  };
  // A file and not arguments: those are open to every user of the machine, and the password must not be.
  const configuration = join(dataDir, 'redis.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(configuration, lines.join(''), { mode: 0o600 });
  const part = await startPart({
    ...options,
    title: 'Redis',
    command,
    args: [configuration],
    logFile,
    isReady: (line) => (line.includes('Ready to accept connections') ? { port } : undefined),
    deathSignal: 'SIGTERM',
  });
  return { ...part, port, url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}` };
}
