/** What a process asked of the kernel, in the words of `strace -f -y`. */
export interface SystemCall {
  readonly name: string;
  readonly args: string;
  readonly result: string;
  /** Places in the order in which calls began and ended; a call that ended before another one began has the lower one. */
  readonly begun: number;
  readonly ended: number;
}

const whole = /^(\d+) +(\w+)\((.*)\) += (.*)$/s;
const unfinished = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/s;
const resumed = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (.*)$/s;

/** Calls that never ended are left out. */
export function parseTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, { name: string; args: string; begun: number }>();
  for (const [index, line] of text.split('\n').entries()) {
    const [place, complete, begins, ends] = [index * 2, whole.exec(line), unfinished.exec(line), resumed.exec(line)];
    if (begins) {
      open.set(begins[1]!, { name: begins[2]!, args: begins[3]!, begun: place });
    } else if (ends) {
      const call = open.get(ends[1]!);
      if (call === undefined || call.name !== ends[2])
        throw new Error(`Line ${index + 1} of the trace ends a call that has not begun.`);
      calls.push({ ...call, args: `${call.args}${ends[3]!}`, result: ends[4]!, ended: place });
    } else if (complete) {
      calls.push({ name: complete[2]!, args: complete[3]!, result: complete[4]!, begun: place, ended: place + 1 });
    }
  }
  return calls;
}

const writes = ['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendmsg', 'sendto'];
const flushes = ['fdatasync', 'fsync', 'msync'];
/** The two pages at the beginning of LMDB's file, of which each commit writes one. */
const metaBytes = 2 * 4096;

/** Looks at a trace for the order of writes, flushes and answers. */
export class FlushTrace {
  readonly #calls: readonly SystemCall[];
  readonly #file: string;
  /** Descriptors on which a write is a flush by itself. */
  readonly #flushing: ReadonlySet<string>;

  /** @param dataFile absolute path of LMDB's file */
  constructor(calls: readonly SystemCall[], dataFile: string) {
    this.#calls = calls;
    this.#file = `<${dataFile}>`;
    const opened = calls.filter(({ name, args }) => name === 'openat' && args.includes(`"${dataFile}"`));
    const synchronous = opened.filter(({ args }) => /\bO_D?SYNC\b/.test(args));
    this.#flushing = new Set(synchronous.map(({ result }) => descriptorIn(result)));
  }

  /** Flushes of the data file that succeeded. */
  get flushes(): readonly SystemCall[] {
    return this.#onFile(flushes).filter(({ result }) => /^0( \(DELAYED\))?$/.test(result));
  }

  /**
   * Why the answer that names `marker` was sent too early; undefined when it was not. An append is safe when its pages
   * and the commit that makes them part of the tree are written, the file is flushed, and the flush is noted on disk:
   * LMDB takes the newest noted commit after a power failure.
   */
  complaintAbout(marker: string): string | undefined {
    const sent = this.#calls.find(
      ({ name, args }) => writes.includes(name) && /^\d+<TCP/.test(args) && args.includes(marker),
    );
    if (sent === undefined) return `${marker}: no answer names it`;
    const written = this.#onFile(writes);
    const steps: readonly (readonly [string, readonly SystemCall[]])[] = [
      ['its event is not written', written.filter(({ args }) => args.includes(marker))],
      ['its commit is not written', written.filter((call) => !this.#isFlushing(call) && offsetOf(call) < metaBytes)],
      ['its commit is not flushed', this.flushes],
      ['its flush is not noted', written.filter((call) => this.#isFlushing(call) && offsetOf(call) < metaBytes)],
    ];
    let done = -1;
    for (const [complaint, candidates] of steps) {
      const next = candidates.filter(({ begun }) => begun > done).toSorted((a, b) => a.ended - b.ended)[0];
      if (next === undefined || next.ended > sent.begun) return `${marker}: ${complaint} when it is answered`;
      done = next.ended;
    }
    return undefined;
  }

  #onFile(names: readonly string[]): SystemCall[] {
    return this.#calls.filter(({ name, args }) => names.includes(name) && fileIn(args) === this.#file);
  }

  #isFlushing({ args }: SystemCall): boolean {
    return this.#flushing.has(descriptorIn(args));
  }
}

function descriptorIn(text: string): string {
  return /^\d+/.exec(text)?.[0] ?? '';
}

function fileIn(args: string): string {
  return /^\d+(<[^>]*>)/.exec(args)?.[1] ?? '';
}

function offsetOf({ args }: SystemCall): number {
  return Number(/, (\d+)$/.exec(args)?.[1] ?? Number.NaN);
}
