import { Injectable } from '@nestjs/common';
import type { ServiceHealth } from '#libs/http/src/health.js';
import { type ServiceName, serviceNames } from './route-table.js';
import { serviceUrls } from './settings.js';
import { Upstream } from './upstream.js';

const probeWithinMs = 1_000;
/** However often `/health` is asked, a service is not asked more often. */
const keptMs = 1_000;

/** All services behind the gateway. */
@Injectable()
export class Upstreams {
  readonly all: readonly Upstream[];
  private probed:
    { readonly at: number; readonly result: Promise<Readonly<Record<string, ServiceHealth>>> } | undefined;

  constructor() {
    const urls = serviceUrls();
    this.all = serviceNames.map((name) => new Upstream(name, urls[name]));
  }

  of(name: ServiceName): Upstream {
    return this.all.find((upstream) => upstream.name === name)!;
  }

  /** Asks every service for `/health`. */
  reachability(): Promise<Readonly<Record<string, ServiceHealth>>> {
    if (!this.probed || performance.now() - this.probed.at > keptMs) {
      this.probed = { at: performance.now(), result: this.probe() };
    }
    return this.probed.result;
  }

  private async probe(): Promise<Readonly<Record<string, ServiceHealth>>> {
    const probes = this.all.map(async ({ name, url }) => {
      const started = performance.now();
      const reachable = await fetch(`${url}/health`, { signal: AbortSignal.timeout(probeWithinMs) }).then(
        async (answer) => {
          await answer.body?.cancel();
          return answer.ok;
        },
        () => false,
      );
      return [name, { reachable, ms: Math.round(performance.now() - started) }] as const;
    });
    return Object.fromEntries(await Promise.all(probes));
  }
}
