import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '#libs/testing/src/temporary-folder.js';

const bin = join(import.meta.dirname, 'keiyaku-eventstore.js');
const root = join(import.meta.dirname, '../../..');

async function run(args: readonly string[], nodeOptions: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeOptions, ...args]);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as unknown, stdout, stderr };
}

/** The bin file in a tree of its own, with a program that prints what it is called with. */
function smallTree() {
  const folder = temporaryFolder();
  const copy = join(folder, 'libs/eventstore-server/bin/keiyaku-eventstore.js');
  const source = join(folder, 'libs/eventstore-server/src/main.ts');
  for (const file of [copy, source]) mkdirSync(dirname(file), { recursive: true });
  cpSync(bin, copy);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.build.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        rootDir: '.',
        outDir: 'dist',
        incremental: true,
        tsBuildInfoFile: 'dist/.tsbuildinfo',
        types: [],
        skipLibCheck: true,
      },
      include: ['libs'],
    }),
  );
  writeFileSync(
    source,
    'declare const process: { argv: string[] };\nconsole.log(JSON.stringify(process.argv.slice(2)));\n',
  );
  const install = (): void => symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
  return { folder, copy, source, install };
}

it('serves, started by npx', async () => {
  // In a group of its own, which gets the signal as from Ctrl-C.
  const npx = spawn('npx', ['keiyaku-eventstore', '--in-memory', '--port', '0'], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], npm_config_cache: temporaryFolder() },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(npx, 'exit');
  onTestFinished(() => exited.then(() => undefined));
  const [line] = (await once(createInterface(npx.stdout), 'line')) as [string];
  const { port } = JSON.parse(line) as { port: number };
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  const { nextExpectedRevision } = await client.appendToStream('some', jsonEvent({ type: 'tested', data: {} }));
  await client.dispose();
  process.kill(-npx.pid!, 'SIGINT');
  await exited;
  expect(nextExpectedRevision).toBe(0n);
});

it('compiles the program when it is missing or older than its sources, and else starts it at once', async () => {
  const { copy, source, install } = smallTree();
  install();
  const first = await run([copy, '--port', '0']);
  expect(first).toEqual({ code: 0, stdout: '["--port","0"]\n', stderr: 'keiyaku-eventstore is compiled first.\n' });
  expect(await run([copy, 'again'])).toEqual({ code: 0, stdout: '["again"]\n', stderr: '' });
  writeFileSync(source, "console.log('new');\n");
  expect(await run([copy])).toMatchObject({ code: 0, stdout: 'new\n' });
});

it('says what is wrong with the sources when it cannot compile them', async () => {
  const { copy, source, install } = smallTree();
  install();
  writeFileSync(source, "const port: number = 'none';\n");
  const { code, stdout, stderr } = await run([copy]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain("Type 'string' is not assignable to type 'number'.");
  expect(stderr).toContain('It could not be compiled: mend what stands above.');
});

it('asks for npm ci when nothing is installed', async () => {
  const { copy, folder } = smallTree();
  const { code, stderr } = await run([copy]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `keiyaku-eventstore is compiled first.\nThe compiler is missing: run "npm ci" in ${folder} once.\n`,
  });
});

it('names the Node that it needs', async () => {
  const olderNode = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.1.0'}})";
  const { code, stderr } = await run([bin, '--in-memory'], ['--import', olderNode]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^keiyaku-eventstore needs Node 24 and this is 20\.1\.0: run it with npx in \//);
});
