import { resolve } from 'node:path';
import { stackEnvironment } from '#libs/local-stack/src/stack.js';
import { messageOf } from '#libs/local-stack/src/stack-error.js';
import { renewWal, rewriteDatabase, type WalOutcome } from './vacuum/rewrite.js';

const usage = `npm run vacuum      writes every table anew, so that no file of Postgres holds what was erased or destroyed
The databases are those of the variables *_DATABASE_URL, or else of npm start (KEIYAKU_DATA). Each table is locked
while it is written; choose a quiet hour. docs/personal-data.md says what it reaches.`;

const walSentences: Readonly<Record<WalOutcome, string>> = {
  renewed: 'the write-ahead log was renewed.',
  kept: 'old files of the write-ahead log are kept for a standby, a replication slot or an archive. Run this again when they are gone.',
  not_allowed: 'old files of the write-ahead log stay until they are used again; only a superuser can hasten that.',
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function databases(): ReadonlyMap<string, string> {
  const isDatabase = ([name, url]: readonly [string, string | undefined]): boolean =>
    name.endsWith('_DATABASE_URL') && Boolean(url);
  const given = Object.entries(process.env).filter(isDatabase);
  const found =
    given.length > 0 ? given : Object.entries(stackEnvironment(resolve(process.env['KEIYAKU_DATA'] || '.data')));
  return new Map(found.filter(isDatabase).map(([name, url]) => [name, url!]));
}

async function vacuum(): Promise<void> {
  const servers = new Map<string, string>();
  for (const [name, url] of databases()) {
    const { tables, complaints } = await rewriteDatabase(url).catch((error: unknown) => {
      throw new Error(`${name}: ${messageOf(error)}`);
    });
    print(`${name}: ${tables} tables were written anew.`);
    for (const complaint of new Set(complaints)) print(`  ${complaint}`);
    servers.set(new URL(url).host, url);
  }
  for (const [host, url] of servers) print(`${host}: ${walSentences[await renewWal(url)]}`);
}

if (process.argv.length > 2) {
  print(usage);
  process.exitCode = process.argv[2] === 'help' ? 0 : 2;
} else {
  try {
    await vacuum();
  } catch (error) {
    print(messageOf(error));
    process.exitCode = 1;
  }
}
