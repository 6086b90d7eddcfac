import '#libs/local-stack/src/require-node-24.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Stack } from '#libs/local-stack/src/stack.js';
import { Crm } from './demo/crm.js';
import { CrmInbox } from './demo/crm-inbox.js';
import { findEnvironment, follow, sentMail } from './demo/follow.js';
import { KeiyakuApi } from './demo/keiyaku-api.js';
import { Progress } from './demo/progress.js';
import { collect, describe, mailFile } from './demo/report.js';
import { runStack } from './run-stack.js';

const { values } = parseArgs({ options: { exit: { type: 'boolean' }, json: { type: 'boolean' } } });

// With --json standard output is for the one object; people read the rest on standard error.
const screen = values.json ? process.stderr : process.stdout;
const print = (text: string): void => void screen.write(`${text}\n`);

print('Keiyaku starts.');
await runStack({ print, work: demo });

/** Signs a contract as a CRM does, watches the environment come up, and tells what came of it. */
async function demo(stack: Stack, interrupted: AbortSignal): Promise<number | undefined> {
  const api = await KeiyakuApi.signIn(stack.urls.api.replace(/\/api$/, ''), crmClient(stack));
  const crm = new Crm(stack.dataDir, api);
  const inbox = await CrmInbox.open(stack.dataDir, api);
  const { customer, again } = await crm.signContract();
  print(`\n${customer.name} (${customer.id}) ${again ? 'signed in an earlier run; the work goes on.' : 'signs.'}\n`);

  const ids = await findEnvironment(api, customer.id, interrupted);
  const progress = new Progress(screen);
  let ready = false;
  await follow(
    api,
    ids.environmentId,
    (news) => {
      ready = news.eventType === 'environment.ready';
      return progress.show(news);
    },
    interrupted,
  );
  const mail = ready
    ? mailFile(stack.mailsFolder, await sentMail(api, ids.environmentId, 'environment_ready', interrupted))
    : null;
  const crmTold = await inbox.toldOf(customer.id, interrupted);
  crm.finished();

  const { result, timeline } = await collect(api, ids, { mail, crmTold }, interrupted);
  print(describe(result, timeline, stack));
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  if (values.json || values.exit) return ready ? 0 : 1;
  print('Ctrl-C stops everything.');
  return undefined;
}

function crmClient({ dataDir }: Stack): { id: string; secret: string } {
  const file = join(dataDir, 'service-clients.json');
  const clients = JSON.parse(readFileSync(file, 'utf8')) as { id: string; secret: string }[];
  const client = clients.find(({ id }) => id === 'crm');
  if (!client) throw new Error(`${file} holds no client "crm". Remove the file and start again: it is made anew.`);
  return client;
}
