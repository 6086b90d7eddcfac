import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
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

/** `preferred` when it is free, else any free port. */
export async function choosePort(preferred?: number): Promise<number> {
  if (preferred && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
  throw new StackError(`No free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}: end programs that hold ports.`);
}
