import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { hasCode } from './process-table.js';
import { StackError } from './stack-error.js';

/** The data folder belongs to a stack that runs. */
export class InstanceRuns extends StackError {}

/**
 * One stack per data folder. The lock is a socket in Linux' abstract namespace, named after the folder's inode: taking it is
 * one atomic step, and the kernel lets go of it at the moment its holder dies, so it is never stale. It tells the holder's pid.
 */
export async function lockDataFolder(dataDir: string): Promise<{ release(): Promise<void> }> {
  const { dev, ino } = statSync(dataDir);
  const name = `\0keiyaku-${dev}-${ino}`;
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(String(process.pid)));
  server.listen(name);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error;
    throw new InstanceRuns(
      `Keiyaku already runs on ${dataDir} (process ${await holderOf(name)}): stop that one with Ctrl-C, or choose another data folder and port (KEIYAKU_DATA=.data2 PORT=3001 npm start).`,
    );
  }
  server.unref();
  return {
    async release() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function holderOf(name: string): Promise<string> {
  const socket = connect(name);
  try {
    return await text(socket);
  } catch (error) {
    if (hasCode(error, 'ECONNREFUSED', 'ECONNRESET')) return 'just ended';
    throw error;
  }
}
