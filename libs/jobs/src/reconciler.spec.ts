import { onTestFinished, expect, it } from 'vitest';
import { eventually } from '#libs/testing/src/eventually.js';
import { Reconciler } from './reconciler.js';

function started(sweep: (signal: AbortSignal) => Promise<void>): Reconciler {
  const reconciler = new Reconciler({ name: 'spec', everyMs: 1, sweep });
  onTestFinished(() => reconciler.beforeApplicationShutdown());
  reconciler.onApplicationBootstrap();
  return reconciler;
}

it('sweeps at the start and again and again, never two at once', async () => {
  let running = 0;
  let most = 0;
  let sweeps = 0;
  started(async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
    sweeps++;
  });
  await eventually(() => expect(sweeps).toBeGreaterThan(3));
  expect(most).toBe(1);
});

it('goes on after a sweep that failed', async () => {
  let sweeps = 0;
  started(async () => {
    if (++sweeps === 1) throw new Error('Postgres is away');
  });
  await eventually(() => expect(sweeps).toBeGreaterThan(1));
});

it('waits for less after a sweep that failed, where it is told to', async () => {
  let sweeps = 0;
  const sweep = async () => {
    if (++sweeps < 3) throw new Error('Postgres is away');
  };
  const reconciler = new Reconciler({ name: 'spec', everyMs: 3_600_000, retryMs: 1, sweep });
  onTestFinished(() => reconciler.beforeApplicationShutdown());
  reconciler.onApplicationBootstrap();
  await eventually(() => expect(sweeps).toBe(3));
});

it('sweeps at once when it is woken, also when that comes during a sweep', async () => {
  let sweeps = 0;
  const sweep = async () => {
    if (++sweeps === 2) reconciler.wake();
  };
  const reconciler = new Reconciler({ name: 'spec', everyMs: 3_600_000, sweep });
  onTestFinished(() => reconciler.beforeApplicationShutdown());
  reconciler.onApplicationBootstrap();
  await eventually(() => expect(sweeps).toBe(1));
  await new Promise(setImmediate);
  reconciler.wake();
  await eventually(() => expect(sweeps).toBe(3));
});

it('tells the sweep to end and waits for it when the app stops', async () => {
  let ended = false;
  const reconciler = started(async (signal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    ended = true;
  });
  await reconciler.beforeApplicationShutdown();
  expect(ended).toBe(true);
});
