import { setTimeout as delay } from 'node:timers/promises';
import type { Gate } from '../kubernetes/transport.js';

/** So many requests in a row without an answer, and the cluster counts as away. */
const silentRequests = 3;
/** One request is enough that waited for so long while no other one was answered. */
const silentMs = 10_000;

export interface BreakerOptions {
  /** Rejects while the cluster does not answer. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  /** Called when it was away and answers again. */
  readonly back: () => void;
  /** Pause before the first probe; it doubles up to `longestMs`. */
  readonly firstMs?: number;
  readonly longestMs?: number;
}

/**
 * Knows whether one cluster answers. While it does not, nothing is sent to it but probes, so that nobody waits for
 * time-outs; the first probe that is answered lets everybody through again.
 */
export class Breaker implements Gate {
  private silent = 0;
  private lastAnswer = Number.NEGATIVE_INFINITY;
  private away: { readonly since: Date; readonly why: string } | undefined;
  private trips = 0;
  private readonly stopping = new AbortController();

  constructor(private readonly options: BreakerOptions) {}

  get closed(): { readonly since: Date; readonly why: string } | undefined {
    return this.away;
  }

  /** How often the cluster went away since the process began. */
  get tripped(): number {
    return this.trips;
  }

  answered(): void {
    this.silent = 0;
    this.lastAnswer = performance.now();
  }

  unanswered(why: string, waitedMs: number): void {
    if (this.away || this.stopping.signal.aborted) return;
    this.silent++;
    const alone = this.lastAnswer < performance.now() - waitedMs;
    if (this.silent < silentRequests && !(waitedMs >= silentMs && alone)) return;
    this.away = { since: new Date(), why };
    this.trips++;
    void this.probeUntilBack(this.stopping.signal);
  }

  stop(): void {
    this.stopping.abort();
  }

  private async probeUntilBack(signal: AbortSignal): Promise<void> {
    const { probe, back, firstMs = 500, longestMs = 5_000 } = this.options;
    for (let pause = firstMs; !signal.aborted; pause = Math.min(2 * pause, longestMs)) {
      try {
        await delay(pause, undefined, { signal });
        await probe(signal);
      } catch {
        // Still away, which `closed` tells with its reason.
        continue;
      }
      this.silent = 0;
      this.away = undefined;
      back();
      return;
    }
  }
}
