import type { Target } from './routes.js';

/** How many requests are kept in mind. */
const most = 10_000;

/** A request that was served, but for watches; instants in milliseconds since 1970, with fractions. */
export interface ServedRequest {
  method: string;
  kind: string;
  /** Of a Namespace, its own name. */
  namespace: string;
  from: number;
  to: number;
}

/** The newest requests, for those who want to know how much of their time the cluster took. */
export class RequestLog {
  private served: ServedRequest[] = [];

  get newest(): ServedRequest[] {
    return this.served.slice(-most);
  }

  /** Answers what to call when the request is served. */
  begin(method: string, { kind, namespace, name }: Target): () => void {
    const from = instant();
    const within = kind.kind === 'Namespace' ? name : namespace;
    return () => {
      this.served.push({ method, kind: kind.kind, namespace: within, from, to: instant() });
      if (this.served.length >= 2 * most) this.served = this.newest;
    };
  }
}

function instant(): number {
  return performance.timeOrigin + performance.now();
}
