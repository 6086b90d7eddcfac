import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyLanes } from './key-lanes.js';

const task = fc.record({ key: fc.constantFrom('a', 'b', 'c') });

it('runs the tasks of a key one at a time and in order, however long each takes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(task, { maxLength: 20 }), async (scheduler, tasks) => {
      const lanes = new KeyLanes();
      const began: { key: string; number: number }[] = [];
      const running = new Set<string>();
      for (const [number, { key }] of tasks.entries()) {
        lanes.add(key, async () => {
          expect(running.has(key)).toBe(false);
          running.add(key);
          began.push({ key, number });
          await scheduler.schedule(Promise.resolve());
          running.delete(key);
        });
      }
      await scheduler.waitFor(lanes.until(() => lanes.size === 0));
      for (const key of ['a', 'b', 'c']) {
        const numbers = began.filter((each) => each.key === key).map(({ number }) => number);
        const wanted = [...tasks.entries()].filter(([, each]) => each.key === key).map(([number]) => number);
        expect(numbers).toEqual(wanted);
      }
    }),
  );
});

it('begins nothing more once a task has failed, and says why', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(task, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      async (scheduler, tasks, pick) => {
        const lanes = new KeyLanes();
        const failing = pick % tasks.length;
        let failed = false;
        let begunAfterwards = 0;
        for (const [number, { key }] of tasks.entries()) {
          lanes.add(key, async () => {
            if (failed) begunAfterwards++;
            await scheduler.schedule(Promise.resolve());
            if (number !== failing) return;
            failed = true;
            throw new Error('this one fails');
          });
        }
        const ended = lanes.until(() => lanes.size === 0).catch((error: unknown) => error);
        await scheduler.waitIdle();
        expect(await ended).toEqual(new Error('this one fails'));
        expect(begunAfterwards).toBe(0);
      },
    ),
  );
});
