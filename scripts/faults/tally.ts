import { type Answer, clearRefusal } from './answer.js';

/** Kinds of requests; after an outage each must succeed again. */
const kinds = {
  webhook: 'POST /api/webhooks/',
  command: 'POST /api/webhook-sources',
  read: 'GET /api/',
} as const;

/** Counts the answers of one stretch of time. */
export class Tally {
  requests = 0;
  /** How often each code of a clear 503 came. */
  readonly refusals = new Map<string, number>();
  /** A line for each answer that is neither success nor a clear 503. */
  readonly others: string[] = [];
  private readonly succeeded = new Set<string>();

  see(answer: Answer): void {
    this.requests += 1;
    const code = clearRefusal(answer);
    if (code !== undefined) this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    else if (answer.status !== undefined && answer.status < 300) this.succeeded.add(kindOf(answer));
    else this.others.push(`${answer.what} was answered ${answer.status ?? 'nothing'}: ${answer.text.slice(0, 300)}`);
  }

  get refused(): number {
    return [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** From now on `works` waits for new successes. */
  forgetSuccesses(): void {
    this.succeeded.clear();
  }

  /** Whether requests of every kind succeed. */
  get works(): boolean {
    return Object.keys(kinds).every((kind) => this.succeeded.has(kind));
  }
}

function kindOf({ what }: Answer): string {
  return Object.entries(kinds).find(([, start]) => what.startsWith(start))?.[0] ?? what;
}
