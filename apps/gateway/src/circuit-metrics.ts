import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Gauge, register } from 'prom-client';
import { Upstreams } from './upstreams.js';

export const reachableMetric = 'gateway_service_reachable';

// The registry belongs to the process, and a process may hold several gateways.
const sources = new Set<Upstreams>();

/** Shows in `/metrics` to which services requests are sent just now. */
export function reportCircuits(app: NestFastifyApplication): void {
  const upstreams = app.get(Upstreams);
  sources.add(upstreams);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', (done) => {
      sources.delete(upstreams);
      done();
    });
  if (!register.getSingleMetric(reachableMetric)) register.registerMetric(gauge());
}

function gauge(): Gauge<'service'> {
  return new Gauge({
    name: reachableMetric,
    help: 'Whether requests are sent to a service; 0 while too many before them had no answer.',
    labelNames: ['service'],
    registers: [],
    collect() {
      for (const { all } of sources) {
        for (const upstream of all) this.set({ service: upstream.name }, upstream.open ? 0 : 1);
      }
    },
  });
}
