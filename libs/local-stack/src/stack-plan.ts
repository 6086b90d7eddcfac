import { join } from 'node:path';
import { contextPorts } from '#libs/service/src/context-ports.js';
import { giveAnalystsPassword, createDatabases } from './databases.js';
import { startApp, startEventStore, startKubernetesSimulator, startSmtpCatcher } from './node-parts.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { KeptSecrets } from './secrets.js';
import type { PartPlan } from './supervisor.js';

type ContextName = keyof typeof contextPorts;
export const CONTEXTS = Object.keys(contextPorts) as ContextName[];
const CONTEXT_DATABASES = CONTEXTS.map((context) => context.replaceAll('-', '_'));
/** Of the contexts, and one for the keys of personal data. */
const DATABASES = [...CONTEXT_DATABASES, 'personal_keys'];
export const STORES = ['postgres', 'redis', 'eventStore', 'smtp', 'kubernetes'] as const;
export type StoreName = (typeof STORES)[number];
export const SUITES = ['suite', 'suite2'] as const;
export type SuiteName = (typeof SUITES)[number];
/** The same as one suite: each context in a process of its own, behind the gateway. */
export const SERVICES = [...CONTEXTS, 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];
export type PartName = StoreName | SuiteName | ServiceName;

export interface PlanInput {
  dataDir: string;
  /** Of every part that the stack may start. */
  ports: Readonly<Record<PartName, number>>;
  secrets: KeptSecrets;
  /** What the person has set: the URL of a store that runs elsewhere takes the place of the local one. */
  environment: Readonly<Record<string, string | undefined>>;
  report: (line: string) => void;
  /** Another build of the suite: absolute path of its `main.js`. */
  suiteMain?: string | undefined;
}

export interface StackPlan {
  /** The stores that are not given from outside. */
  stores: Partial<Record<StoreName, PartPlan>>;
  suites: Record<SuiteName, PartPlan>;
  services: Record<ServiceName, PartPlan>;
  /** Everything that an app needs to find its stores. Holds secrets. */
  env: Record<string, string>;
}

export function planStack(input: PlanInput): StackPlan {
  const stores: StackPlan['stores'] = {};
  const env: Record<string, string> = {};
  for (const store of STORES) {
    const { variables, plan } = STORE_PLANS[store](input);
    const given = Object.keys(variables).every((name) => input.environment[name]);
    if (!given) stores[store] = plan;
    for (const [name, local] of Object.entries(variables)) env[name] = (given && input.environment[name]) || local;
  }
  Object.assign(env, suiteVariables(input));
  // Mails that another server takes lie elsewhere.
  if (stores.smtp) env['MAIL_ARCHIVE_DIR'] = mailsFolder(input.dataDir);
  const suites = { suite: planSuite(input, env, 'suite'), suite2: planSuite(input, env, 'suite2') };
  const services = SERVICES.map((name) => [name, planService(input, env, name)] as const);
  return { stores, suites, services: Object.fromEntries(services) as StackPlan['services'], env };
}

/** Instances differ in their port only. */
function planSuite(input: PlanInput, env: Readonly<Record<string, string>>, name: SuiteName): PartPlan {
  const title = name === 'suite' ? 'The suite' : 'The second suite';
  const main = input.suiteMain ?? 'apps/suite/src/main.js';
  return planApp(input, { title, main, logFile: name, env: { ...env, PORT: String(input.ports[name]) } });
}

function planService(input: PlanInput, env: Readonly<Record<string, string>>, name: ServiceName): PartPlan {
  const title = name === 'gateway' ? 'The gateway' : `The service ${name}`;
  const urls = CONTEXTS.map((context) => [context, `http://127.0.0.1:${input.ports[context]}`] as const);
  const secret = input.secrets.serviceClients[name];
  const plan = planApp(input, {
    title,
    main: `apps/${name}/src/main.js`,
    logFile: name,
    env: {
      ...env,
      ...Object.fromEntries(urls.map(([context, url]) => [`${variableOf(context)}_URL`, url])),
      ...(secret !== undefined && { SERVICE_CLIENT_ID: name, SERVICE_CLIENT_SECRET: secret }),
      JWKS_URL: `${urls.find(([context]) => context === 'identity')![1]}/api/auth/.well-known/jwks.json`,
      // The gateway, which says where a request came from.
      ...(name !== 'gateway' && { TRUSTED_PROXIES: '127.0.0.1' }),
      PORT: String(input.ports[name]),
    },
  });
  // The others go on without it.
  return { ...plan, startedAgain: true };
}

interface AppPlan {
  title: string;
  main: string;
  /** Without its folder and `.log`. */
  logFile: string;
  env: Readonly<Record<string, string>>;
}

function planApp({ dataDir, environment }: PlanInput, { logFile, env, ...app }: AppPlan): PartPlan {
  const options = { ...app, logFile: join(dataDir, 'logs', `${logFile}.log`), env: { ...environment, ...env } };
  return { title: app.title, stopSignal: 'SIGKILL', start: (hooks) => startApp({ ...hooks, ...options }) };
}

/** How a name stands in the names of variables. */
function variableOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

interface StorePlan {
  /** Where apps find this store, by the name of the variable. */
  variables: Record<string, string>;
  plan: PartPlan;
}

const STORE_PLANS: Readonly<Record<StoreName, (input: PlanInput) => StorePlan>> = {
  postgres({ dataDir, ports, secrets }) {
    const server = `postgresql://postgres:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}`;
    const variables = DATABASES.map((name) => [`${variableOf(name)}_DATABASE_URL`, `${server}/${name}`] as const);
    return {
      variables: Object.fromEntries(variables),
      plan: {
        title: 'Postgres',
        stopSignal: 'SIGINT',
        async start(hooks) {
          const part = await startPostgres({
            ...hooks,
            dataDir: join(dataDir, 'postgres'),
            port: ports.postgres,
            durable: true,
            password: secrets.postgresPassword,
            logFile: join(dataDir, 'logs', 'postgres.log'),
          });
          await createDatabases(part.url, DATABASES);
          const file = join(dataDir, 'analysts.json');
          await giveAnalystsPassword(part.url, CONTEXT_DATABASES, { password: secrets.analystPassword, file });
          return part;
        },
      },
    };
  },

  redis: ({ dataDir, ports, secrets, report }) => ({
    variables: { REDIS_URL: `redis://:${secrets.redisPassword}@127.0.0.1:${ports.redis}` },
    plan: {
      title: 'Redis',
      stopSignal: 'SIGTERM',
      start: (hooks) =>
        startRedis({
          ...hooks,
          dataDir: join(dataDir, 'redis'),
          port: ports.redis,
          durable: true,
          password: secrets.redisPassword,
          logFile: join(dataDir, 'logs', 'redis.log'),
          report,
        }),
    },
  }),

  eventStore: ({ dataDir, ports }) => ({
    variables: { EVENTSTORE_URL: `esdb://127.0.0.1:${ports.eventStore}?tls=false` },
    plan: {
      title: 'The event store',
      stopSignal: 'SIGTERM',
      start: (hooks) =>
        startEventStore({
          ...hooks,
          dataDir: join(dataDir, 'event-store'),
          port: ports.eventStore,
          logFile: join(dataDir, 'logs', 'event-store.log'),
        }),
    },
  }),

  smtp: ({ dataDir, ports }) => ({
    variables: { SMTP_URL: `smtp://127.0.0.1:${ports.smtp}` },
    plan: {
      title: 'The mail catcher',
      stopSignal: 'SIGTERM',
      start: (hooks) =>
        startSmtpCatcher({
          ...hooks,
          dataDir: mailsFolder(dataDir),
          port: ports.smtp,
          logFile: join(dataDir, 'logs', 'smtp.log'),
        }),
    },
  }),

  kubernetes: ({ dataDir, ports }) => ({
    variables: { KUBECONFIG: join(dataDir, 'kubernetes', 'kubeconfig') },
    plan: {
      title: 'The Kubernetes simulator',
      stopSignal: 'SIGTERM',
      start: (hooks) =>
        startKubernetesSimulator({
          ...hooks,
          dataDir: join(dataDir, 'kubernetes'),
          port: ports.kubernetes,
          kubeconfig: join(dataDir, 'kubernetes', 'kubeconfig'),
          logFile: join(dataDir, 'logs', 'kubernetes.log'),
        }),
    },
  }),
};

export function mailsFolder(dataDir: string): string {
  return join(dataDir, 'mails');
}

function suiteVariables({ dataDir, ports, secrets, environment }: PlanInput): Record<string, string> {
  return {
    PORT: String(ports.suite),
    PUBLIC_URL: environment['PUBLIC_URL'] ?? `http://127.0.0.1:${ports.suite}`,
    ENCRYPTION_KEY: secrets.encryptionKey,
    SERVICE_CLIENTS_FILE: secrets.serviceClientsFile,
    SERVICE_CLIENT_ID: 'suite',
    SERVICE_CLIENT_SECRET: secrets.serviceClients['suite']!,
    FIRST_ADMINISTRATOR_FILE: join(dataDir, 'first-administrator.json'),
    KEIYAKU_DATA: dataDir,
    // Whoever tries this out has the receiver of webhooks on the same machine.
    WEBHOOK_ALLOWED_NETWORKS: environment['WEBHOOK_ALLOWED_NETWORKS'] ?? '127.0.0.1,::1',
    WEBHOOK_ALLOW_HTTP: environment['WEBHOOK_ALLOW_HTTP'] ?? 'true',
  };
}
