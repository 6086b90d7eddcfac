import { expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import { deliveryDecider } from '../domain/delivery.decider.js';
import { abcWebhook } from '../spec-delivery.js';
import type { DeliveryJob } from './delivery-jobs.js';
import type { DeliveryRunner } from './delivery-runner.js';
import { WebhookTurns } from './webhook-turns.js';

/** Attempts end when the test says so; `begun` holds those that began, in their order. */
function started() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const runner = {
    run: ({ deliveryId }: DeliveryJob) => {
      begun.push(deliveryId);
      const end = Promise.withResolvers<void>();
      ends.set(deliveryId, end);
      return end.promise;
    },
  };
  let reads = 0;
  const aggregates = {
    load: async () => {
      reads++;
      const event = { type: 'delivery.webhook_requested', data: { ...abcWebhook, endpointId: 'dead' } } as const;
      return deliveryDecider.evolve(deliveryDecider.initialState, event);
    },
  };
  const turns = new WebhookTurns(runner as unknown as DeliveryRunner, aggregates as unknown as Aggregates);
  const run = (deliveryId: string, endpointId?: string): Promise<void> =>
    turns.run({ deliveryId, correlationId: 'spec', ...(endpointId !== undefined && { endpointId }) });
  return { turns, begun, run, end: (id: string) => ends.get(id)!.resolve(), ends, reads: () => reads };
}

/** Lets everything go on that can. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets four leave for one endpoint at a time; more take no worker, and go in their order', async () => {
  const { begun, run, end } = started();
  const workers = ['d1', 'd2', 'd3', 'd4'].map((id) => run(id, 'dead'));
  // A worker that is told to wait is free again.
  await Promise.all(['d5', 'd6', 'd7'].map((id) => run(id, 'dead')));
  void run('other', 'alive');
  await settled();
  expect(begun).toEqual(['d1', 'd2', 'd3', 'd4', 'other']);
  end('d2');
  await settled();
  expect(begun.slice(5)).toEqual(['d5']);
  end('d5');
  end('d1');
  await settled();
  expect(begun.slice(6)).toEqual(['d6', 'd7']);
  for (const id of ['d3', 'd4', 'd6', 'd7']) end(id);
  await Promise.all(workers);
});

it('takes a delivery that waits already once, and reads of which endpoint it is only when nobody says', async () => {
  const { begun, run, end, reads } = started();
  for (const id of ['d1', 'd2', 'd3', 'd4']) void run(id, 'dead');
  await run('d5');
  await run('d5');
  expect(reads()).toBe(1);
  end('d1');
  await settled();
  end('d5');
  await settled();
  expect(begun).toEqual(['d1', 'd2', 'd3', 'd4', 'd5']);
});

it('gives a place back after an error, which its worker tells', async () => {
  const { begun, run, end, ends } = started();
  const [first, ...others] = ['d1', 'd2', 'd3', 'd4'].map((id) => run(id, 'dead'));
  await run('d5', 'dead');
  ends.get('d1')!.reject(new Error('The event store is away.'));
  await expect(first).rejects.toThrow('The event store is away.');
  end('d2');
  await settled();
  expect(begun.at(-1)).toBe('d5');
  for (const id of ['d3', 'd4', 'd5']) end(id);
  await Promise.all(others);
  void run('d6', 'dead');
  await settled();
  expect(begun.at(-1)).toBe('d6');
});

it('keeps a thousand waiting at most; the reconciler brings back the others', async () => {
  const { begun, run, end } = started();
  for (let number = 0; number < 1_005; number++) void run(`d${number}`, 'dead');
  for (let number = 0; number < 1_004; number++) {
    await settled();
    end(`d${number}`);
  }
  await settled();
  expect(begun).toHaveLength(1_004);
  expect(begun).not.toContain('d1004');
});

it('begins nothing more once the process stops', async () => {
  const { turns, begun, run, end } = started();
  const workers = ['d1', 'd2', 'd3', 'd4'].map((id) => run(id, 'dead'));
  await run('d5', 'dead');
  turns.onModuleDestroy();
  for (const id of ['d1', 'd2', 'd3', 'd4']) end(id);
  await Promise.all(workers);
  expect(begun).not.toContain('d5');
});
