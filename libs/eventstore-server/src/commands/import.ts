import { explainCallError } from '../ndjson/call-error.js';
import { importEvents } from '../ndjson/import-events.js';
import { BadLine } from '../ndjson/lines.js';
import { connect } from './connection.js';
import { UsageError, readOptions } from './usage-error.js';

export const usage = `Usage: keiyaku-eventstore import [--url URL] [--system] < FILE

  --url URL  of any event store that speaks the EventStoreDB protocol: esdb://USER:PASSWORD@HOST:2113;
             without it that of EVENTSTORE_URL, which no list of processes shows
  --system   system streams too; without it only the metadata of other streams comes along

It reads what export writes. Each event gets the number in its stream that it had; positions and times are new. What
stands there already is recognised, so an import that ended early is just run again. Standard error tells how far it is;
at the end standard output gets one line:
{"lines":12,"imported":12,"written":12,"leftOut":0,"filled":0}.`;

export async function run(args: readonly string[]): Promise<void> {
  const { url, system } = readOptions(args, {
    url: { type: 'string' },
    system: { type: 'boolean', default: false },
  });
  if (process.stdin.isTTY) throw new UsageError('Give the file on standard input: import --url URL < FILE.');
  const client = connect(url);
  try {
    const summary = await importEvents(client, process.stdin, {
      system,
      report: (progress) => void process.stderr.write(`${progress}\n`),
    });
    process.stdout.write(`${JSON.stringify(summary)}\n`);
  } catch (error) {
    if (!(error instanceof BadLine)) throw new Error(explainCallError(error), { cause: error });
    throw new Error(
      `${error.message}\nThe import ended there: what stands before that line is in the log, and perhaps some of the next lines. Once this is mended, run it again: what is there already is recognised.`,
      { cause: error },
    );
  } finally {
    process.stdin.destroy();
    await client.dispose();
  }
}
