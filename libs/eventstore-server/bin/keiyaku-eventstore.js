#!/usr/bin/env node
// What npx starts. It is plain JavaScript, because after `npm ci` nothing is compiled yet.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const main = join(root, 'dist/libs/eventstore-server/src/main.js');

if (Number(process.versions.node.split('.')[0]) < 24) {
  fail(
    `keiyaku-eventstore needs Node 24 and this is ${process.versions.node}: run it with npx in ${root}, which has Node 24 after "npm ci".`,
  );
}
if (isOutdated()) build();
await import(main);

/** A build notes its time in one file, also when it found nothing to change. */
function isOutdated() {
  const built = timeOf(join(root, 'dist/.tsbuildinfo'));
  const sources = join(root, 'libs/eventstore-server/src');
  return timeOf(main) === 0 || sourcesIn(sources).some((file) => timeOf(file) > built);
}

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(folder, name));
}

/** Milliseconds; 0 for what does not exist. */
function timeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function build() {
  process.stderr.write('keiyaku-eventstore is compiled first.\n');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  if (timeOf(compiler) === 0) fail(`The compiler is missing: run "npm ci" in ${root} once.`);
  // What it has to say goes to standard error: standard output is the command's own.
  const { status } = spawnSync(process.execPath, [compiler, '-b', join(root, 'tsconfig.build.json')], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) fail('It could not be compiled: mend what stands above.');
}

function fail(complaint) {
  process.stderr.write(`${complaint}\n`);
  process.exit(1);
}
