import { messageOf } from './stack-error.js';
import type { PartProcess, StartHooks } from './part.js';
import type { PartRecords } from './part-records.js';

/** How to start a part, as often as it is asked for: always with the same data and on the same port. */
export interface PartPlan {
  title: string;
  /** What ends it cleanly, should it be found as a leftover. */
  stopSignal: NodeJS.Signals;
  /** Started again when it dies by itself, and not without end. */
  startedAgain?: boolean;
  start(hooks: StartHooks): Promise<PartProcess>;
}

/** One running part, as tests see it. */
export interface SupervisedPart {
  readonly pid: number;
  /** Sends the signal and, unless it only pauses or resumes the part, waits until the part is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts the part anew, ending it first if it still runs. */
  restart(): Promise<void>;
}

interface Member {
  plan: PartPlan;
  process: PartProcess;
  /** True from the moment on when its end is wanted. */
  ending: boolean;
}

/** A part that dies more often than this within a minute does not come back by being started. */
const startsAgainPerMinute = 3;

const NOT_DEADLY: readonly NodeJS.Signals[] = ['SIGSTOP', 'SIGCONT'];

/** Starts and stops parts, writes down which processes they are, and notices when one dies that nobody has ended. */
export class Supervisor<Name extends string> {
  private readonly members = new Map<Name, Member>();
  private readonly gaveUp = new AbortController();
  private readonly starting = new Set<Promise<unknown>>();
  private readonly deaths = new Map<Name, number[]>();

  /**
   * @param onDeath a part is dead and stays so
   * @param report a part died and is started again
   */
  constructor(
    private readonly records: PartRecords,
    private readonly onDeath: (line: string, name: Name) => void,
    private readonly report: (line: string) => void,
  ) {}

  /** Ends what still runs of an earlier start; returns the titles. */
  endLeftovers(): Promise<string[]> {
    return this.records.endLeftovers();
  }

  /** Rejects when the part does not become ready, or when `stop` or `kill` is called meanwhile. */
  async start(name: Name, plan: PartPlan): Promise<PartProcess> {
    this.gaveUp.signal.throwIfAborted();
    const started = plan.start({
      signal: this.gaveUp.signal,
      onSpawn: (process) => this.records.add({ name: plan.title, process, stopSignal: plan.stopSignal }),
    });
    this.starting.add(started);
    try {
      const process = await started;
      const member: Member = { plan, process, ending: false };
      this.members.set(name, member);
      void process.exited.then(async (how) => {
        if (!member.ending) await this.died(name, member, how);
      });
      return process;
    } finally {
      this.starting.delete(started);
    }
  }

  private async died(name: Name, { plan, process }: Member, how: string): Promise<void> {
    if (this.gaveUp.signal.aborted) return;
    const log = `Its log: ${process.logFile}`;
    const now = performance.now();
    const deaths = [...(this.deaths.get(name) ?? []).filter((at) => now - at < 60_000), now];
    this.deaths.set(name, deaths);
    if (!plan.startedAgain) return this.onDeath(`${plan.title} ${how}, so everything stops. ${log}`, name);
    if (deaths.length > startsAgainPerMinute) {
      const line = `${plan.title} ${how}, ${deaths.length} times within a minute, so everything stops. ${log}`;
      return this.onDeath(line, name);
    }
    this.report(`${plan.title} ${how} and is started again. ${log}`);
    try {
      await this.start(name, plan);
    } catch (error) {
      if (this.gaveUp.signal.aborted) return;
      this.onDeath(`${plan.title} did not start again, so everything stops. ${messageOf(error)}`, name);
    }
  }

  private part(name: Name): SupervisedPart {
    const member = (): Member => this.members.get(name)!;
    return {
      get pid() {
        return member().process.pid;
      },
      kill: async (signal) => {
        const { process } = member();
        if (NOT_DEADLY.includes(signal)) return process.kill(signal);
        member().ending = true;
        process.kill(signal);
        await process.exited;
      },
      restart: async () => {
        const { plan, process } = member();
        member().ending = true;
        await process.stop();
        await this.start(name, plan);
      },
    };
  }

  parts(): Partial<Record<Name, SupervisedPart>> {
    const entries = [...this.members.keys()].map((name) => [name, this.part(name)]);
    return Object.fromEntries(entries) as Partial<Record<Name, SupervisedPart>>;
  }

  /** Ends the groups one after the other, the parts of a group side by side. Safe to call again. */
  async stop(groups: readonly (readonly Name[])[]): Promise<void> {
    await this.endStarts();
    for (const group of groups) await Promise.all(group.map((name) => this.end(name, (process) => process.stop())));
    this.records.clear();
  }

  /** Ends everything at once, without letting anything finish. */
  async kill(): Promise<void> {
    for (const { process } of this.members.values()) process.kill('SIGKILL');
    await this.endStarts();
    await Promise.all([...this.members.keys()].map((name) => this.end(name, killNow)));
    this.records.clear();
  }

  /** Parts that still start end, and no other one starts any more. */
  giveUp(): void {
    this.gaveUp.abort(new Error('The stack is stopping'));
  }

  private async endStarts(): Promise<void> {
    this.giveUp();
    await Promise.allSettled(this.starting);
  }

  private async end(name: Name, how: (process: PartProcess) => Promise<void>): Promise<void> {
    const member = this.members.get(name);
    if (!member) return;
    member.ending = true;
    await how(member.process);
  }
}

async function killNow(process: PartProcess): Promise<void> {
  process.kill('SIGKILL');
  await process.exited;
}
