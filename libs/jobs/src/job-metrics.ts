import { Counter, register } from 'prom-client';

/** A counter of the process; several queues and several apps in one process share it by name. */
function counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
  const known = register.getSingleMetric(name);
  return known instanceof Counter ? known : new Counter({ name, help, labelNames: [...labelNames] });
}

export const jobEvents = counter('jobs_total', 'Jobs by what happened to them.', ['queue', 'event']);
export const sweeps = counter('reconciler_sweeps_total', 'Sweeps of a reconciler by their end.', ['reconciler', 'end']);
