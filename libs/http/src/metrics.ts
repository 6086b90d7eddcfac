import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { collectDefaultMetrics, Histogram, register } from 'prom-client';

const durationName = 'http_request_duration_seconds';

// The registry belongs to the process, and a process may hold several apps.
function requestDuration(): Histogram<'method' | 'route' | 'status'> {
  const known = register.getSingleMetric(durationName);
  if (known instanceof Histogram) return known;
  collectDefaultMetrics();
  return new Histogram({
    name: durationName,
    help: 'Time from the request to the end of its answer, in seconds.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  });
}

/** `/metrics` for Prometheus, and the duration of every request by route pattern and status. */
export function serveMetrics(app: NestFastifyApplication): void {
  const duration = requestDuration();
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  server.get('/metrics', async (_request, reply) => reply.type(register.contentType).send(await register.metrics()));
}
