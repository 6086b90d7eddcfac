import '#libs/local-stack/src/require-node-24.js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FailureOrders } from '#libs/kubernetes-simulator/src/failure-orders.js';
import { orderFailures } from '#libs/kubernetes-simulator/src/order-failures.js';
import { scaleByHand } from '#libs/kubernetes-simulator/src/scale-by-hand.js';
import type { Stack } from '#libs/local-stack/src/stack.js';
import { changedCatalogue } from './changed-catalogue.js';
import { Crm } from './demo/crm.js';
import { CrmInbox, type Told } from './demo/crm-inbox.js';
import { findEnvironment, follow, sentMail } from './demo/follow.js';
import { KeiyakuApi } from './demo/keiyaku-api.js';
import { Progress } from './demo/progress.js';
import { collect, describe, type Outcome } from './demo/report.js';
import { type Scenario, scenarioNamed } from './demo/scenarios.js';
import { runStack } from './run-stack.js';

const { values } = parseArgs({
  options: { exit: { type: 'boolean' }, json: { type: 'boolean' }, scenario: { type: 'string', default: 'happy' } },
});
const scenario = playable(values.scenario);

// With --json standard output is for the one object; people read the rest on standard error.
const screen = values.json ? process.stderr : process.stdout;
const print = (text: string): void => void screen.write(`${text}\n`);

// A shorter first look than in production, so that nobody waits for the demo.
process.env['PROVISIONING_RECHECK_MS'] ??= '2000';
const { retentionDays } = scenario;
if (retentionDays !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'keiyaku-demo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.env['CATALOGUE_FILE'] = changedCatalogue(folder, (_plan, shipped) => ({ ...shipped, retentionDays }));
}
if (scenario.byHand) {
  process.env['PROVISIONING_DRIFT'] = 'correct';
  process.env['PROVISIONING_DRIFT_MS'] = '3000';
}
// Workers then notice within seconds that the cluster is away.
if (scenario.away) process.env['PROVISIONING_LEASE_MS'] ??= '3000';
print('Keiyaku starts.');
await runStack({ print, work: demo });

/** Signs a contract as a CRM does, watches the environment come up, and tells what came of it. */
async function demo(stack: Stack, interrupted: AbortSignal): Promise<number | undefined> {
  await order(stack, scenario.orders);
  print(`\n${values.scenario}: ${scenario.plot}`);
  const api = await KeiyakuApi.signIn(stack.urls.api.replace(/\/api$/, ''), crmClient(stack));
  const crm = new Crm(stack.dataDir, api);
  const inbox = await CrmInbox.open(stack.dataDir, api);
  const { customer, again } = await crm.signContract();
  print(`\n${customer.name} (${customer.id}) ${again ? 'signed in an earlier run; the work goes on.' : 'signs.'}\n`);

  const ids = await findEnvironment(api, customer.id, interrupted);
  const progress = new Progress(screen);
  const { mended, byHand, away, passes, end, reports = [] } = scenario;
  const cluster = stack.parts.kubernetes;
  let isAway = false;
  let mending: Promise<void> | undefined;
  const happening: Promise<void>[] = [];
  let status: Outcome['status'] = 'needs_attention';
  await follow(
    api,
    ids.environmentId,
    (news) => {
      const ended = progress.show(news);
      if (news.eventType === mended?.after && !mending) {
        print(`  ${mended.says}`);
        mending = order(stack, {});
      }
      if (byHand && news.eventType === byHand.after) {
        print(`  ${byHand.says}`);
        happening.push(change(stack, byHand, ids.environmentId, api));
      }
      if (away && cluster && news.eventType === away.from) {
        print(`  ${away.says}`);
        isAway = true;
        happening.push(cluster.kill('SIGKILL'));
      }
      if (away && cluster && isAway && news.eventType === away.until) {
        print(`  ${away.saysAfter}`);
        isAway = false;
        happening.push(cluster.restart());
      }
      for (const report of reports.filter(({ after }) => after === news.eventType)) {
        print(`  ${report.says}`);
        // Mails name a link to the first password, and one that has ended gives none.
        const told = sentMail(api, ids.environmentId, 'environment_ready', interrupted);
        happening.push(told.then(() => crm.report(customer, report)));
      }
      if (news.eventType === 'environment.ready') status = 'ready';
      if (news.eventType === end.event) {
        status = end.status;
        return true;
      }
      // A case that ends otherwise than it should has ended too.
      return ended && !passes.includes(news.eventType);
    },
    interrupted,
  );
  await mending;
  await Promise.all(happening);
  const isEnd = (told: Told): boolean =>
    reports.length > 0 && status === end.status ? told.eventType === end.event : told.status === status;
  const crmTold = await inbox.toldOf(customer.id, isEnd, interrupted);
  const outcome = { name: values.scenario, scenario, status, crmTold };
  const { result, timeline } = await collect(api, ids, outcome, stack, interrupted);
  await order(stack, {});
  crm.finished();
  print(describe(result, timeline, stack));
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (values.json || values.exit) return result.asExpected ? 0 : 1;
  print('Ctrl-C stops everything.');
  return undefined;
}

/** What somebody does in the cluster past us. */
async function change(
  { env }: Stack,
  { deployment: name, replicas }: NonNullable<Scenario['byHand']>,
  environmentId: string,
  api: KeiyakuApi,
): Promise<void> {
  const { namespace } = await api.get<{ namespace: string }>(`/api/environments/${environmentId}`);
  await scaleByHand(env['KUBECONFIG'] ?? '', { namespace, name }, replicas);
}

/** Ends the program with a line where a scenario can't be played. */
function playable(name: string): Scenario {
  try {
    const found = scenarioNamed(name);
    if (name === 'happy' || !onOwnCluster()) return found;
    throw new Error(`The scenario ${name} is played on the simulator. Leave KUBECONFIG out.`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return process.exit(2);
  }
}

/** Replaces every order before it: the simulator keeps them for as long as it runs. */
async function order({ env }: Stack, orders: Partial<FailureOrders>): Promise<void> {
  if (!onOwnCluster()) await orderFailures(env['KUBECONFIG'] ?? '', orders);
}

function onOwnCluster(): boolean {
  return (process.env['KUBECONFIG'] ?? '') !== '';
}

function crmClient({ dataDir }: Stack): { id: string; secret: string } {
  const file = join(dataDir, 'service-clients.json');
  const clients = JSON.parse(readFileSync(file, 'utf8')) as { id: string; secret: string }[];
  const client = clients.find(({ id }) => id === 'crm');
  if (!client) throw new Error(`${file} holds no client "crm". Remove the file and start again: it is made anew.`);
  return client;
}
