import { join } from 'node:path';
import { giveAnalystsPassword, createDatabases } from './databases.js';
import { startEventStore, startKubernetesSimulator, startSmtpCatcher, startSuite } from './node-parts.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { KeptSecrets } from './secrets.js';
import type { PartPlan } from './supervisor.js';

export const CONTEXTS = [
  'identity',
  'contract',
  'customer',
  'opportunity',
  'provisioning',
  'notification',
  'sales-activity',
] as const;
const CONTEXT_DATABASES = CONTEXTS.map((context) => context.replaceAll('-', '_'));
/** Of the contexts, and one for the keys of personal data. */
const DATABASES = [...CONTEXT_DATABASES, 'personal_keys'];
export const STORES = ['postgres', 'redis', 'eventStore', 'smtp', 'kubernetes'] as const;
export type StoreName = (typeof STORES)[number];
export const SUITES = ['suite', 'suite2'] as const;
export type SuiteName = (typeof SUITES)[number];
export type PartName = StoreName | SuiteName;

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
  return { stores, suites, env };
}

/** Instances differ in their port only. */
function planSuite(input: PlanInput, env: Readonly<Record<string, string>>, name: SuiteName): PartPlan {
  const title = name === 'suite' ? 'The suite' : 'The second suite';
  const options = {
    title,
    main: input.suiteMain,
    logFile: join(input.dataDir, 'logs', `${name}.log`),
    env: { ...input.environment, ...env, PORT: String(input.ports[name]) },
  };
  return { title, stopSignal: 'SIGKILL', start: (hooks) => startSuite({ ...hooks, ...options }) };
}

interface StorePlan {
  /** Where apps find this store, by the name of the variable. */
  variables: Record<string, string>;
  plan: PartPlan;
}

const STORE_PLANS: Readonly<Record<StoreName, (input: PlanInput) => StorePlan>> = {
  postgres({ dataDir, ports, secrets }) {
    const server = `postgresql://postgres:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}`;
    const variables = DATABASES.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, `${server}/${name}`] as const);
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
