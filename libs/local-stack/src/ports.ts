import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { hasCode } from './process-table.js';
import { StackError } from './stack-error.js';

// Below the range from which the kernel takes ports for outgoing connections, so that a port stays free until it is used.
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;

export async function isFree(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', (error) => (hasCode(error, 'EADDRINUSE', 'EACCES') ? resolve(false) : reject(error)));
  // Without a host this covers every address, IPv4 and IPv6, so whoever has the port on one of them is noticed.
  server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

/**
 * `preferred` when it is free, else any free port: whoever chooses ports listens on them only later. Until this process
 * ends no other process is given the port, and in this process only a call that prefers it.
 */
export async function choosePort(preferred?: number): Promise<number> {
  if (preferred && (reserved.has(preferred) || (await reserve(preferred))) && (await isFree(preferred)))
    return preferred;
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new StackError(`No free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}: end programs that hold ports.`);
}

const reserved = new Map<number, Server>();

/** By a Unix socket without a file, which the kernel takes back when the process ends, however it does. */
async function reserve(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const server = createServer().unref();
  server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(false) : reject(error)));
  server.listen(`\0keiyaku-port-${port}`, () => {
    reserved.set(port, server);
    resolve(true);
  });
  return promise;
}
