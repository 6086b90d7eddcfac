import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { choosePort } from './ports.js';

it('gives no port twice, although nobody listens on it yet', async () => {
  const ports = new Set<number>();
  for (let count = 0; count < 600; count += 1) ports.add(await choosePort());
  expect(ports.size).toBe(600);
});

it('gives a port again to who had it, and not while another process has it', async () => {
  const port = await choosePort();
  expect(await choosePort(port)).toBe(port);

  // Above those that are given at random, and of this process alone: others may run this spec at the same time.
  const other = 61_000 + (process.pid % 4_000);
  const reserving = `require('node:net').createServer().listen('\\0keiyaku-port-${other}', () => console.log('done'))`;
  const child = spawn(process.execPath, ['-e', reserving], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  await once(child.stdout, 'data');
  expect(await choosePort(other)).not.toBe(other);
  child.kill();
  await once(child, 'exit');
  expect(await choosePort(other)).toBe(other);
});
