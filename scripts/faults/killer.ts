import { setTimeout as delay } from 'node:timers/promises';
import type { PartName } from '#libs/local-stack/src/stack-plan.js';
import type { Stack } from '#libs/local-stack/src/stack.js';
import { messageOf } from '#libs/local-stack/src/stack-error.js';
import type { InFlight } from './in-flight.js';
import { type Random, weighted } from './random.js';

export interface KillerOptions {
  readonly stack: Stack;
  readonly inFlight: InFlight;
  readonly kills: number;
  /** The kills are spread over so many contracts. */
  readonly contracts: number;
  readonly random: Random;
  readonly victims?: Readonly<Partial<Record<PartName, number>>>;
  readonly print: (line: string) => void;
}

/** How often each part is hit, against the others. */
const everyPart: Readonly<Partial<Record<PartName, number>>> = {
  suite: 4,
  suite2: 4,
  eventStore: 3,
  postgres: 3,
  redis: 2,
  smtp: 2,
  kubernetes: 1,
};
const inWorkAtKill = 10;
/** A share of the kills does not wait until what was killed before is back. */
const overlapping = 0.2;
const longestPauseMs = 1_500;
const longestAbsenceMs = 1_000;
const restartWithinMs = 120_000;

/** Kills random parts with -9 at random moments and brings them back, as an orchestrator does. */
export class Killer {
  killed = 0;
  /** The smallest number of contracts in work at a kill. */
  fewestInWork = Number.POSITIVE_INFINITY;
  private readonly away = new Map<PartName, Promise<void>>();

  constructor(private readonly options: KillerOptions) {}

  async run(signal: AbortSignal): Promise<void> {
    const { random, kills, contracts, inFlight, victims = everyPart } = this.options;
    while (this.killed < kills) {
      const due = ((this.killed + random()) * contracts) / kills;
      const victim = weighted(random, victims);
      const overlaps = random() < overlapping;
      const pauseMs = random() * longestPauseMs;
      const absenceMs = random() * longestAbsenceMs;
      if (!overlaps) await Promise.all(this.away.values());
      await until(() => inFlight.count.acknowledged >= due, signal);
      await delay(pauseMs, undefined, { signal });
      await until(() => inFlight.count.inWork >= inWorkAtKill, signal);
      await this.away.get(victim);
      this.fewestInWork = Math.min(this.fewestInWork, inFlight.count.inWork);
      this.away.set(victim, this.killAndRestart(victim, absenceMs, signal));
    }
    await Promise.all(this.away.values());
  }

  /** Brings back what has died by itself, unless that is under way. */
  revive(name: PartName, signal: AbortSignal): Promise<void> {
    const revived = this.away.get(name) ?? this.bringBack(name, signal).finally(() => this.away.delete(name));
    this.away.set(name, revived);
    return revived;
  }

  private async bringBack(name: PartName, signal: AbortSignal): Promise<void> {
    const { stack, print } = this.options;
    const deadline = Date.now() + restartWithinMs;
    for (;;) {
      try {
        return await stack.parts[name]!.restart();
      } catch (error) {
        // A suite ends when a store is away at its start; whoever runs it starts it again.
        print(`  ${name} did not start: ${messageOf(error)}`);
        if (Date.now() > deadline || signal.aborted) throw error;
      }
      await delay(500);
    }
  }

  private async killAndRestart(name: PartName, absenceMs: number, signal: AbortSignal): Promise<void> {
    const { stack, inFlight, print } = this.options;
    this.killed += 1;
    const { acknowledged, inWork, finished } = inFlight.count;
    print(`  kill ${this.killed}: ${name} (${acknowledged} acknowledged, ${inWork} in work, ${finished} finished)`);
    await stack.parts[name]!.kill('SIGKILL');
    await delay(absenceMs);
    await this.bringBack(name, signal);
    this.away.delete(name);
  }
}

async function until(condition: () => boolean, signal: AbortSignal): Promise<void> {
  while (!condition()) await delay(5, undefined, { signal });
}
