/** The one program of the event store. Without a command it serves. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { UsageError } from './commands/usage-error.js';

interface Command {
  /** Synopsis and options, as `--help` prints them. */
  readonly usage: string;
  readonly run: (args: readonly string[]) => Promise<void>;
}

/** Each is loaded only when it is asked for: serving must be ready within half a second. */
const commands: Readonly<Record<string, { readonly purpose: string; load(): Promise<Command> }>> = {
  serve: { purpose: 'serves a log; so does the program without a command', load: () => import('./commands/serve.js') },
  export: { purpose: 'writes events as lines of JSON', load: () => import('./commands/export.js') },
  import: { purpose: 'appends such lines', load: () => import('./commands/import.js') },
  backup: { purpose: 'copies a log, also while a server writes it', load: () => import('./commands/backup.js') },
  restore: { purpose: 'makes a data folder of such a copy', load: () => import('./commands/restore.js') },
  scavenge: { purpose: 'removes what can no longer be read', load: () => import('./commands/scavenge.js') },
  compact: { purpose: 'makes a smaller copy of a data folder', load: () => import('./commands/compact.js') },
};

const overview = `A single-node server that speaks the EventStoreDB protocol, and the tools for its log.

Usage: keiyaku-eventstore [COMMAND] [OPTIONS]

${Object.entries(commands)
  .map(([name, { purpose }]) => `  ${name.padEnd(9)} ${purpose}`)
  .join('\n')}

keiyaku-eventstore COMMAND --help tells the options of each.`;

// What V8 made of the modules is kept beside them: a start compiles only what has changed.
enableCompileCache(join(import.meta.dirname, '../../../.compile-cache'));

const [first = '', ...others] = process.argv.slice(2);
const named = !first.startsWith('-') && first !== '';
await (named ? runCommand(first, others) : runCommand('serve', process.argv.slice(2)));

async function runCommand(name: string, args: readonly string[]): Promise<void> {
  if (!Object.hasOwn(commands, name)) return fail(`There is no command ${name}.\n\n${overview}`, 2);
  const { usage, run } = await commands[name]!.load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(named ? `${usage}\n` : `${overview}\n\n${usage}\n`);
    return;
  }
  try {
    await run(args);
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError) fail(`${complaint}\n${usage}`, 2);
    fail(complaint, 1);
  }
}

function fail(complaint: string, exitCode: number): never {
  process.stderr.write(`${complaint}\n`);
  process.exit(exitCode);
}
