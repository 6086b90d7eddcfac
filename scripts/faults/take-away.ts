import { join } from 'node:path';
import { processesIn, sendSignal } from '#libs/local-stack/src/process-table.js';
import type { Stack } from '#libs/local-stack/src/stack.js';

/** Parts that may go away, each with what `/ready` calls it. */
export const outageParts = {
  eventStore: 'event-store',
  postgres: 'contract.database',
  redis: 'provisioning.queue',
  smtp: 'notification.mail-server',
} as const;
export type OutagePart = keyof typeof outageParts;

/** `gone`: killed, so connections are refused. `frozen`: it takes connections and says nothing. */
export const manners = ['gone', 'frozen'] as const;
export type Manner = (typeof manners)[number];

/** Takes a part away and answers how to bring it back. */
export async function takeAway(stack: Stack, name: OutagePart, manner: Manner): Promise<() => Promise<void>> {
  const part = stack.parts[name]!;
  if (manner === 'gone') {
    await part.kill('SIGKILL');
    return () => part.restart();
  }
  if (name === 'postgres') return freezePostgres(stack, part.pid);
  await part.kill('SIGSTOP');
  return () => part.kill('SIGCONT');
}

/** Postgres serves each connection in a process of its own; the first one, which makes the others, stops first. */
async function freezePostgres(stack: Stack, postmaster: number): Promise<() => Promise<void>> {
  const folder = join(stack.dataDir, 'postgres');
  sendSignal(postmaster, 'SIGSTOP');
  for (const pid of processesIn(folder)) sendSignal(pid, 'SIGSTOP');
  return async () => {
    for (const pid of processesIn(folder)) sendSignal(pid, 'SIGCONT');
    sendSignal(postmaster, 'SIGCONT');
  };
}
