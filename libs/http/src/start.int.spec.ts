import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';

/** A main.ts as short as it gets, run from `dist` as a process of its own. */
async function runMain(env: Record<string, string>): Promise<{ code: unknown; complaints: string }> {
  const main = `
    import 'reflect-metadata';
    import { runApp } from '#libs/http/src/bootstrap.js';
    await runApp({ module: class {} }, { name: 'main', port: Number(process.env.PORT) });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', main], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [complaints, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, complaints };
}

it('ends with one clear line when the port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  expect(await runMain({ PORT: String(port) })).toEqual({
    code: 1,
    complaints: `Port ${port} is in use. Stop the other program or set PORT to a free port.\n`,
  });
});

it('ends with one clear line for a wrong environment variable', async () => {
  expect(await runMain({ PORT: '0', LOG_LEVEL: 'loud' })).toEqual({
    code: 1,
    complaints: 'LOG_LEVEL is not usable. Set it to one of fatal, error, warn, info, debug, trace, silent.\n',
  });
});
