import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiled } from './files.js';
import { startPart } from './part.js';
import type { PartOptions, PartProcess, StartHooks } from './part.js';

export interface NodePartOptions extends StartHooks {
  /** A folder of its own. */
  dataDir: string;
  port: number;
  logFile: string;
}

const ownSourceMaps = pathToFileURL(compiled('libs/local-stack/src/own-source-maps.js')).href;

/** The server that speaks the EventStoreDB protocol. */
export function startEventStore(options: NodePartOptions): Promise<PartProcess> {
  return startNodePart('The event store', 'libs/eventstore-server/src/main.js', options, {
    args: ['--data', options.dataDir, '--host', '127.0.0.1', '--port', String(options.port)],
  });
}

/** `kubeconfig` is written by the simulator before it is ready. */
export function startKubernetesSimulator(options: NodePartOptions & { kubeconfig: string }): Promise<PartProcess> {
  return startNodePart('The Kubernetes simulator', 'libs/kubernetes-simulator/src/main.js', options, {
    args: ['--data', options.dataDir, '--port', String(options.port), '--kubeconfig', options.kubeconfig],
  });
}

/** Accepts every mail and keeps it as an `.eml` file in the folder `dataDir`. */
export function startSmtpCatcher(options: NodePartOptions): Promise<PartProcess> {
  return startNodePart('The mail catcher', 'libs/local-stack/src/smtp-catcher.main.js', options, {
    args: ['--mails', options.dataDir, '--port', String(options.port)],
  });
}

export interface AppOptions extends StartHooks {
  env: Readonly<Record<string, string | undefined>>;
  logFile: string;
  /** `main.js` of the app, or of another build by its absolute path. */
  main: string;
  title: string;
}

/** One of the apps. It drains before it ends, which may take a while. */
export function startApp({ title, main, ...options }: AppOptions): Promise<PartProcess> {
  return startNodePart(title, main, options, { env: options.env, stopTimeoutMs: 30_000 });
}

function startNodePart(
  title: string,
  main: string,
  { logFile, onSpawn, signal }: StartHooks & { logFile: string },
  options: Partial<PartOptions>,
): Promise<PartProcess> {
  return startPart({
    title,
    command: process.execPath,
    ...options,
    // What V8 made of the modules is kept beside them: a start compiles only what has changed.
    env: { NODE_COMPILE_CACHE: compiled('.compile-cache'), ...options.env },
    args: ['--import', ownSourceMaps, isAbsolute(main) ? main : compiled(main), ...(options.args ?? [])],
    logFile,
    isReady: readyLine,
    ...(onSpawn && { onSpawn }),
    ...(signal && { signal }),
  });
}

/** Our own programs say `{"ready":true,"port":3000}` once they serve. */
function readyLine(line: string): { port?: number } | undefined {
  if (!line.startsWith('{"ready":true')) return undefined;
  return JSON.parse(line) as { port?: number };
}
