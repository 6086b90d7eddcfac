import 'reflect-metadata';
import { resolve } from 'node:path';
import { suiteContexts } from '#apps/suite/src/suite.js';
import { Checkpoints } from '#libs/event-sourcing/src/checkpoints.js';
import { ContextRuntime } from '#libs/event-sourcing/src/context-runtime.js';
import { RebuildRunning } from '#libs/event-sourcing/src/errors.js';
import { Generations } from '#libs/event-sourcing/src/generations.js';
import type { Projection } from '#libs/event-sourcing/src/projection.js';
import { type RebuildDependencies, rebuild } from '#libs/event-sourcing/src/rebuild.js';
import { verify } from '#libs/event-sourcing/src/verify.js';
import { StartError, exitWith } from '#libs/http/src/bootstrap.js';
import { stackEnvironment } from '#libs/local-stack/src/stack.js';
import { StackError } from '#libs/local-stack/src/stack-error.js';
import { createService } from '#libs/service/src/service.js';

const usage = `Read models, beside the processes that keep them:
  npm run projections -- list            what serves, and how far it is
  npm run projections -- rebuild NAME    makes it anew from the log while the old one serves
  npm run projections -- verify NAME     compares it with a fresh one, row for row; exit code 1 when they differ
The stores are those of EVENTSTORE_URL and the other variables of the apps, or else of npm start (KEIYAKU_DATA).`;

interface Found {
  readonly projection: Projection;
  readonly dependencies: RebuildDependencies;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function list(found: readonly Found[]): Promise<number> {
  const lines = [['name', 'version', 'table', 'position', 'end of the log', 'state']];
  for (const { projection, dependencies } of found) {
    const head = await dependencies.store.head();
    for (const { version, generation, position, live } of await generationsOf(projection, dependencies).all()) {
      const state = live ? 'serves' : 'is filled';
      const table = `${projection.name}_v${version}_g${generation}`;
      lines.push([projection.name, String(version), table, String(position), String(head), state]);
    }
  }
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines)
    print(
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  return 0;
}

async function rebuildOne({ projection, dependencies }: Found): Promise<number> {
  const started = performance.now();
  const position = await rebuild(projection, dependencies);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  print(`${projection.name} was rebuilt up to position ${position} in ${seconds} s.`);
  return 0;
}

async function verifyOne({ projection, dependencies }: Found): Promise<number> {
  const { position, rows, differing, differences } = await verify(projection, dependencies);
  if (differing === 0) {
    print(`${projection.name} equals a fresh rebuild: ${rows} rows at position ${position}.`);
    return 0;
  }
  print(`${projection.name} differs from a fresh rebuild in ${differing} rows at position ${position}:`);
  for (const { key, live, fresh } of differences) {
    print(`  ${key}`);
    if (!live || !fresh) print(live ? '    should not be there' : '    is missing');
    for (const column of live && fresh ? Object.keys(live) : []) {
      const [stands, should] = [JSON.stringify(live?.[column]), JSON.stringify(fresh?.[column])];
      if (stands !== should) print(`    ${column} is ${stands} and should be ${should}`);
    }
  }
  if (differing > differences.length) print(`  and ${differing - differences.length} more.`);
  print(`Rebuild it: npm run projections -- rebuild ${projection.name}`);
  return 1;
}

function generationsOf(projection: Projection, { database }: RebuildDependencies): Generations<object> {
  return new Generations(database, projection);
}

function named(name: string | undefined, found: readonly Found[]): Found {
  const one = found.find(({ projection }) => projection.name === name);
  if (one) return one;
  const names = found.map(({ projection }) => projection.name).join(', ');
  throw new StartError(`${name ? `No read model is named ${name}` : 'Name a read model'}. There are: ${names}.`);
}

async function work([command, name]: readonly string[]): Promise<number> {
  if (command !== 'list' && command !== 'rebuild' && command !== 'verify') {
    print(usage);
    return command === undefined || command === 'help' ? 0 : 2;
  }
  if (!process.env['EVENTSTORE_URL']) {
    Object.assign(process.env, stackEnvironment(resolve(process.env['KEIYAKU_DATA'] || '.data')));
  }
  // Not initialised: its databases are connected, and nothing of it runs.
  const app = await createService({ name: 'projections', contexts: suiteContexts, logger: { level: 'silent' } });
  const found: Found[] = [];
  for (const { readModels } of app.get(ContextRuntime, { strict: false, each: true })) {
    const { projections, ...dependencies } = readModels;
    await new Checkpoints(dependencies.database).createTables();
    found.push(...projections.map((projection) => ({ projection, dependencies })));
  }
  if (command === 'list') return list(found);
  const one = named(name, found);
  return command === 'rebuild' ? rebuildOne(one) : verifyOne(one);
}

try {
  process.exit(await work(process.argv.slice(2)));
} catch (error) {
  const foreseen = error instanceof StackError || error instanceof RebuildRunning;
  exitWith(foreseen ? new StartError(error.message) : error);
}
