import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';

/** A process from `dist` with a request in hand and a part that both end when `finish` is called, and is told to stop. */
async function startAndStop({ within }: { within: number }) {
  const main = `
    import 'reflect-metadata';
    import { once } from 'node:events';
    import { createApp, listen } from '#libs/http/src/bootstrap.js';
    import { stopOnSignals } from '#libs/http/src/shutdown.js';
    const finished = once(process.stdin, 'data');
    class Part { async beforeApplicationShutdown() { await finished; } }
    const app = await createApp({ module: class {}, providers: [Part] }, { name: 'main' });
    stopOnSignals(app);
    const server = app.getHttpAdapter().getInstance();
    let taken = 0;
    server.get('/work', async () => { taken += 1; await finished; return { work: 'done' }; });
    server.get('/taken', async () => ({ taken }));
    console.log(JSON.stringify({ ready: true, port: await listen(app, 0) }));`;
  const env = { PATH: process.env['PATH'], SHUTDOWN_WITHIN_MS: String(within) };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', main], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const log = text(child.stdout);
  const port = await new Promise<number>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('{"ready":true')) resolve((JSON.parse(line) as { port: number }).port);
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const answer = fetch(`${url}/work`);
  await eventually(async () => expect(await (await fetch(`${url}/taken`)).json()).toEqual({ taken: 1 }));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  child.kill('SIGTERM');
  const finish = (): void => void child.stdin.write('finish\n');
  return { url, answer, log, exited, finish };
}

it('finishes what is in hand, is not ready meanwhile, closes connections with their answers and ends with 0', async () => {
  const { url, answer, log, exited, finish } = await startAndStop({ within: 20_000 });
  const ready = await eventually(async () => {
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(503);
    return response;
  });
  expect(await ready.json()).toMatchObject({ failing: ['shutting-down'] });
  expect(ready.headers.get('connection')).toBe('close');
  finish();
  const answered = await answer;
  expect(answered.headers.get('connection')).toBe('close');
  expect(await answered.json()).toEqual({ work: 'done' });
  expect(await exited).toEqual([0, null]);
  expect(await log).toContain('SIGTERM: finishing what is in hand, within 20000 ms');
});

it('cuts off what does not end within the deadline, with an answer to every request and a clear line', async () => {
  const { answer, log, exited } = await startAndStop({ within: 1_000 });
  const answered = await answer;
  expect(answered.status).toBe(503);
  expect(answered.headers.get('retry-after')).toBe('5');
  expect(await answered.json()).toMatchObject({ code: 'shutting_down' });
  expect(await exited).toEqual([1, null]);
  expect(await log).toContain('Not everything ended within 1000 ms, so the rest is cut off.');
});
