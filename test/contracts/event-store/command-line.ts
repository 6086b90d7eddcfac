import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { eventStoreServerMain } from '#libs/testing/src/event-store-server.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program; its standard input is left open. */
export function startCommand(args: readonly string[], nodeOptions: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeOptions, eventStoreServerMain, ...args]);
  // A command that ends early leaves input unread.
  child.stdin.on('error', () => undefined);
  return child;
}

/** Runs the program to its end. */
export function runCommand(...args: string[]): Promise<Ended> {
  return feedCommand(args, '');
}

/** Runs the program to its end, with something on its standard input. */
export async function feedCommand(
  args: readonly string[],
  input: string,
  nodeOptions: readonly string[] = [],
): Promise<Ended> {
  const child = startCommand(args, nodeOptions);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, stdout, stderr };
}

/** Options for a Node that is killed when it calls a function of `node:fs` for the nth time. */
export function diesAt(name: 'writeSync' | 'renameSync', nth: number): string[] {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { ${name} } = fs;
    let calls = 0;
    fs.${name} = (...args) => {
      if (++calls === ${nth}) process.kill(process.pid, 'SIGKILL');
      return ${name}(...args);
    };
    syncBuiltinESMExports();`;
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
}
