import { join } from 'node:path';
import { compiled } from '#libs/local-stack/src/files.js';
import { startEventStore } from '#libs/local-stack/src/node-parts.js';
import { type PartOptions, type PartProcess, startPart } from '#libs/local-stack/src/part.js';
import { choosePort } from '#libs/local-stack/src/ports.js';

export interface Program {
  /** `http://127.0.0.1:12345` */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts one of the baselines (its compiled file under test/bench) as a process of its own. */
export async function startBaseline(
  title: string,
  file: string,
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Program> {
  const part = await startProgram(title, `test/bench/${file}`, dataDir, { env });
  return { url: `http://127.0.0.1:${part.port}`, pid: part.pid, stop: () => part.stop() };
}

/** Starts one of the apps as a process of its own. */
export async function startApp(
  name: string,
  dataDir: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Program> {
  const part = await startProgram(name, `apps/${name}/src/main.js`, dataDir, { env });
  return { url: `http://127.0.0.1:${part.port}`, pid: part.pid, stop: () => part.stop() };
}

/**
 * A server of the event store's protocol that runs alone.
 * @param file compiled, from the root of the build
 */
export async function startAloneEventStore(
  title: string,
  file: string,
  dataDir: string,
  args: readonly string[],
): Promise<Program> {
  const part = await startProgram(title, file, dataDir, { args });
  return { url: `esdb://127.0.0.1:${part.port}?tls=false`, pid: part.pid, stop: () => part.stop() };
}

function startProgram(
  title: string,
  file: string,
  dataDir: string,
  { args = [], env = {} }: Partial<Pick<PartOptions, 'args' | 'env'>>,
): Promise<PartProcess> {
  return startPart({
    title,
    command: process.execPath,
    args: [compiled(file), ...args],
    env,
    logFile: join(dataDir, 'logs', `${title.replaceAll(' ', '-')}.log`),
    isReady: (line) => (line.startsWith('{"ready":true') ? (JSON.parse(line) as { port: number }) : undefined),
  });
}

/** An event store server on the same disk that nothing else reads along. */
export async function startQuietEventStore(dataDir: string, name: string): Promise<Program> {
  const port = await choosePort();
  const part: PartProcess = await startEventStore({
    dataDir: join(dataDir, name),
    port,
    logFile: join(dataDir, 'logs', `${name}.log`),
  });
  return { url: `esdb://127.0.0.1:${port}?tls=false`, pid: part.pid, stop: () => part.stop() };
}
