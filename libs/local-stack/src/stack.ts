import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { contextPorts, publicPort } from '#libs/service/src/context-ports.js';
import { readJson, writeJson } from './files.js';
import { lockDataFolder } from './instance-lock.js';
import { PartRecords } from './part-records.js';
import { choosePort, isFree } from './ports.js';
import { demandWholeFolder } from './restore-mark.js';
import { keepSecrets } from './secrets.js';
import { StackError } from './stack-error.js';
import { CONTEXTS, SERVICES, STORES, SUITES, mailsFolder, planStack } from './stack-plan.js';
import type { PartName } from './stack-plan.js';
import { Supervisor } from './supervisor.js';
import type { PartPlan, SupervisedPart } from './supervisor.js';

/** In what order parts are ended; those of a group side by side. */
const STOP_ORDER = [SUITES, ['gateway'], CONTEXTS, STORES] as const;

export interface StackOptions {
  /** Made when it does not exist. */
  dataDir: string;
  /** Default: `PORT` or 3000 for the suite, for the others free ones that are kept in the data folder. 0: a free one. */
  ports?: Partial<Record<PartName, number>>;
  /** False starts the stores only, or the stores and services. */
  suite: boolean;
  /** Each context in a process of its own, behind the gateway on the suite's port. */
  services?: boolean;
  /** A second instance of the suite on a port of its own, behind the same public URL; default 1. */
  suites?: 1 | 2;
  /** Another build of the suite: absolute path of its `main.js`. */
  suiteMain?: string;
  /** Default: that of this process. A URL of a store in it takes the place of the local store. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** A part is up. */
  onPart?: (part: { title: string; pid: number; port: number | undefined; ms: number }) => void;
  /** Something else that is worth a line, like an installation that takes a while, or a service that is started again. */
  report?: (line: string) => void;
  /** A part died that nobody has ended. The line says which, how, and where its log is; the caller then stops the stack. */
  onDeath?: (line: string, part: PartName) => void;
  /** Gives up the start and ends what was started. */
  signal?: AbortSignal;
}

export interface Stack {
  readonly dataDir: string;
  /** Variables with which an app finds its stores. Holds secrets: not for a log. */
  readonly env: Readonly<Record<string, string>>;
  readonly urls: { readonly api: string; readonly docs: string };
  /** Where each instance of the suite answers, like `http://localhost:3000`. */
  readonly suiteUrls: readonly string[];
  readonly mailsFolder: string;
  /** Only what this stack has started: a store that was given by URL is not here. */
  readonly parts: Readonly<Partial<Record<PartName, SupervisedPart>>>;
  /** Drains the suite, then ends the stores. */
  stop(): Promise<void>;
  /** Ends everything at once, also while `stop` still waits. */
  kill(): Promise<void>;
}

/** Brings everything up under one data folder. Rejects with a `StackError` that says what to do, and nothing runs then. */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(options.dataDir);
  const lock = await lockDataFolder(dataDir);
  const supervisor = new Supervisor<PartName>(
    new PartRecords(join(dataDir, 'parts.json')),
    options.onDeath ?? (() => undefined),
    options.report ?? (() => undefined),
  );
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= lock.release());
  try {
    demandWholeFolder(dataDir);
    return await startLocked({ ...options, dataDir }, supervisor, release);
  } catch (error) {
    await supervisor.stop(STOP_ORDER);
    await release();
    throw error;
  }
}

async function startLocked(
  options: StackOptions,
  supervisor: Supervisor<PartName>,
  release: () => Promise<void>,
): Promise<Stack> {
  const { dataDir, environment = process.env, report = () => undefined } = options;
  const leftovers = await supervisor.endLeftovers();
  if (leftovers.length > 0) report(`Ended what an earlier start left running: ${leftovers.join(', ')}`);
  const ports = await choosePorts(options, environment);
  const plan = planStack({
    dataDir,
    ports,
    secrets: keepSecrets(dataDir),
    environment,
    report,
    suiteMain: options.suiteMain,
  });
  options.signal?.addEventListener('abort', () => supervisor.giveUp());

  const start = async (name: PartName, part: PartPlan): Promise<void> => {
    const started = performance.now();
    const { pid, port } = await supervisor.start(name, part);
    options.onPart?.({ title: part.title, pid, port, ms: Math.round(performance.now() - started) });
  };
  const stores = STORES.flatMap((name) => (plan.stores[name] ? [start(name, plan.stores[name])] : []));
  await Promise.all(stores);
  const suites = options.suite ? SUITES.slice(0, options.suites ?? 1) : [];
  // One after the other: the first start of all makes the databases' tables and the first administrator.
  for (const name of suites) await start(name, plan.suites[name]);
  if (options.services) await Promise.all(SERVICES.map((name) => start(name, plan.services[name])));

  const api = `http://localhost:${ports.suite}`;
  return {
    dataDir,
    env: plan.env,
    urls: { api: `${api}/api`, docs: `${api}/docs` },
    suiteUrls: suites.map((name) => `http://localhost:${ports[name]}`),
    mailsFolder: mailsFolder(dataDir),
    parts: supervisor.parts(),
    async stop() {
      await supervisor.stop(STOP_ORDER);
      await release();
    },
    async kill() {
      await supervisor.kill();
      await release();
    },
  };
}

/** Where the parts of a stack that runs on the folder are found, as variables of the apps. Holds secrets. */
export function stackEnvironment(
  dataDir: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> {
  const ports = readJson<Record<PartName, number>>(join(dataDir, 'ports.json'));
  if (!ports) throw new StackError(`Nothing was ever started on ${dataDir}: run npm start first.`);
  return planStack({ dataDir, ports, secrets: keepSecrets(dataDir), environment, report: () => undefined }).env;
}

/** A port that was asked for must be free, before anything is started; the others move out of the way when they have to. */
async function choosePorts(
  { dataDir, suite, services = false, ports: asked = {} }: StackOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Record<PartName, number>> {
  const file = join(dataDir, 'ports.json');
  const kept = readJson<Partial<Record<PartName, number>>>(file) ?? {};
  const suitePort = asked.suite ?? portFrom(environment['PORT']);
  const ports: Partial<Record<PartName, number>> = { suite: suitePort || (await choosePort()) };
  // What was kept or is usual may be what another part of this stack was given a moment ago.
  const choose = (preferred?: number): Promise<number> =>
    choosePort(preferred !== undefined && Object.values(ports).includes(preferred) ? undefined : preferred);
  if ((suite || services) && suitePort !== 0 && !(await isFree(suitePort))) {
    throw new StackError(
      `Port ${suitePort} is taken by another program: end it, or choose another port (PORT=${suitePort + 1} npm start).`,
    );
  }
  for (const name of [...STORES, 'suite2'] as const) ports[name] = asked[name] || (await choose(kept[name]));
  for (const name of CONTEXTS) {
    const usual = asked[name] ?? contextPorts[name];
    ports[name] = services ? await choose(usual) : usual;
  }
  ports.gateway = ports.suite!;
  writeJson(file, ports);
  return ports as Record<PartName, number>;
}

function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return publicPort;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new StackError(`PORT is "${text}" and must be a number from 1 to 65535: for example PORT=3001 npm start.`);
}
