#!/usr/bin/env node
// Behaves like `terraform` on the command line, in its -json output, its state and its lock; it builds nothing.
// TF_STAND_IN names a file of JSON: { kubeconfig?, resourceMs?, replaces?, failures?: { [command]: diagnostic } }.
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [command, ...args] = process.argv.slice(2);
const orders = JSON.parse(readFileSync(process.env.TF_STAND_IN, 'utf8'));
const stateFile = 'terraform.tfstate';
const lockFile = '.terraform.tfstate.lock.info';
let interrupted = false;
process.on('SIGINT', () => (interrupted = true));

const tell = (level, message, more) =>
  console.log(JSON.stringify({ '@level': level, '@message': message, '@module': 'terraform.ui', ...more }));
const note = (what) => appendFileSync(`${process.env.TF_STAND_IN}.calls`, `${what}\n`);

function fail(diagnostic) {
  tell('error', `Error: ${diagnostic.summary}`, {
    diagnostic: { severity: 'error', ...diagnostic },
    type: 'diagnostic',
  });
  process.exitCode = 1;
}

function readState() {
  return existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : { resources: [] };
}

function configured() {
  const [file] = readdirSync('.').filter((name) => name.endsWith('.tf.json'));
  const { resource } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(resource).flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`));
}

/** The lock of a process that is gone counts for nothing, as with the file locks of the real one. */
function isHeld() {
  try {
    process.kill(Number(readFileSync(lockFile, 'utf8')), 0);
    return true;
  } catch {
    rmSync(lockFile, { force: true });
    return false;
  }
}

async function lock() {
  const seconds = Number(
    /^-lock-timeout=(\d+)s$/.exec(args.find((arg) => arg.startsWith('-lock-timeout')) ?? '')?.[1] ?? 0,
  );
  const deadline = Date.now() + seconds * 1_000;
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return true;
    } catch {
      if (!isHeld()) continue;
      if (!told) tell('info', 'Acquiring state lock. This may take a few moments...', { type: 'state_lock_acquire' });
      if (Date.now() < deadline && !interrupted) {
        await delay(20);
        continue;
      }
      fail({ summary: 'Error acquiring the state lock', detail: 'Error message: resource temporarily unavailable' });
      return false;
    }
  }
}

async function change(action, addresses) {
  note(`${command} begins`);
  for (const addr of addresses) {
    const hook = { resource: { addr }, action };
    tell('info', `${addr}: ${action}`, { hook, type: 'apply_start' });
    await delay(orders.resourceMs ?? 0);
    tell('info', `${addr}: still`, { hook: { ...hook, elapsed_seconds: 10 }, type: 'apply_progress' });
    const others = readState().resources.filter((each) => each !== addr);
    const resources = action === 'create' ? [...others, addr] : others;
    writeFileSync(stateFile, JSON.stringify({ resources, kubeconfig: orders.kubeconfig }));
    tell('info', `${addr}: done`, { hook, type: 'apply_complete' });
    if (interrupted) {
      note(`${command} was interrupted`);
      fail({ summary: 'execution halted', detail: 'Error: operation canceled' });
      return;
    }
  }
  note(`${command} ends`);
}

const commands = {
  async plan() {
    const standing = readState().resources;
    const added = configured().filter((address) => !standing.includes(address));
    const plan = (addr, action) => {
      const resource = { addr, resource_type: addr.split('.')[0] };
      tell('info', `${addr}: Plan to ${action}`, { change: { resource, action }, type: 'planned_change' });
    };
    for (const addr of added) plan(addr, 'create');
    if (orders.replaces) for (const addr of standing) plan(addr, 'replace');
    writeFileSync('plan', JSON.stringify(added));
  },
  apply: async () => change('create', JSON.parse(readFileSync('plan', 'utf8'))),
  destroy: async () => change('delete', readState().resources.toReversed()),
};

// As the real one does where its settings name a file that is not there.
console.error('There are some problems with the CLI configuration');
if (command === 'output') {
  const { kubeconfig = 'apiVersion: v1' } = readState();
  const endpoint = { sensitive: false, value: 'https://cluster.example' };
  console.log(JSON.stringify({ endpoint, kubeconfig: { sensitive: true, value: kubeconfig } }));
} else {
  tell('info', 'Terraform 1.11.4', { terraform: '1.11.4', type: 'version', ui: '1.2' });
  const refused = orders.failures?.[command];
  if (refused) fail(refused);
  else if (command === 'init') tell('info', 'Terraform has been successfully initialized!', { type: 'init_output' });
  else if (await lock()) {
    await commands[command]();
    rmSync(lockFile, { force: true });
  }
}
