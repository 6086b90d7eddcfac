import { type DestinationStream, pino } from 'pino';

export interface LogOutput {
  /** Each line is written before the program goes on. */
  readonly atOnce: DestinationStream;
  /**
   * A line waits, 100 ms at most, so that one write takes many. A process that is killed with -9 loses what waits; a
   * crash and `process.exit` lose nothing.
   */
  readonly soon: DestinationStream;
  flush(): void;
}

const waitMs = 100;
const waitingLength = 8 * 1024;
let shared: LogOutput | undefined;

/** Both streams go to the one standard output of the process, in the order in which they were written to. */
export function standardOutput(): LogOutput {
  if (shared) return shared;
  shared = collecting(pino.destination({ fd: 1, sync: true }));
  process.on('exit', () => shared?.flush());
  return shared;
}

export function collecting(target: DestinationStream): LogOutput {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const waiting = lines;
    lines = '';
    if (waiting !== '') target.write(waiting);
  };
  return {
    atOnce: {
      write(line) {
        lines += line;
        flush();
      },
    },
    soon: {
      write(line) {
        lines += line;
        if (lines.length >= waitingLength) flush();
        else timer ??= setTimeout(flush, waitMs).unref();
      },
    },
    flush,
  };
}
