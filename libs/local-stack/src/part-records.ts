import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readJson, writeJson } from './files.js';
import { isAlive, sendSignal } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';

interface PartRecord {
  name: string;
  process: ProcessIdentity;
  stopSignal: NodeJS.Signals;
}

/** What runs, written down: the next start finds in it what a killed parent left behind. */
export class PartRecords {
  private records: PartRecord[] = [];

  constructor(private readonly file: string) {}

  add(record: PartRecord): void {
    this.records = [...this.records.filter(({ name }) => name !== record.name), record];
    writeJson(this.file, this.records);
  }

  clear(): void {
    this.records = [];
    rmSync(this.file, { force: true });
  }

  /** Ends what still runs of an earlier start, by force after `patienceMs`; returns the names. A pid that came back is spared. */
  async endLeftovers(patienceMs = 5_000): Promise<string[]> {
    const leftovers = (readJson<PartRecord[]>(this.file) ?? []).filter(({ process }) => isAlive(process));
    for (const { process, stopSignal } of leftovers) {
      sendSignal(process.pid, stopSignal);
      sendSignal(process.pid, 'SIGCONT'); // a paused process acts on a signal only once it goes on
    }
    const deadline = Date.now() + patienceMs;
    let running = leftovers;
    while (running.length > 0) {
      if (Date.now() > deadline) for (const { process } of running) sendSignal(process.pid, 'SIGKILL');
      await delay(20);
      running = running.filter(({ process }) => isAlive(process));
    }
    this.clear();
    return leftovers.map(({ name }) => name);
  }
}
