import type { CommandBus } from '@nestjs/cqrs';
import { expect, it } from 'vitest';
import type { Aggregates } from '#libs/event-sourcing/src/aggregates.js';
import type { RecordDrift } from '../domain/drift.js';
import type { ProvisioningSettings } from '../settings.js';
import { abcEnvironment } from '../spec-environment.js';
import { running, stateAfter } from '../spec-log.js';
import type { DriftFinder, FoundDrift } from './drift-finder.js';
import { DriftRunner } from './drift-runner.js';

const { environmentId, namespace } = abcEnvironment;
const { signal } = new AbortController();
const found: FoundDrift = {
  planHash: 'h',
  fingerprint: 'f',
  objects: [{ kind: 'Service', name: 'web', namespace, what: 'missing', fields: [] }],
};

/** What is put on record of a running environment with the plan `h`. */
async function recorded(drift: ProvisioningSettings['drift'], finds: FoundDrift): Promise<readonly RecordDrift[]> {
  const commands: RecordDrift[] = [];
  const bus = { execute: (command: RecordDrift) => Promise.resolve(void commands.push(command)) };
  const runner = new DriftRunner(
    bus as unknown as CommandBus,
    { load: () => Promise.resolve(stateAfter(...running)) } as unknown as Aggregates,
    { find: () => Promise.resolve(finds) } as unknown as DriftFinder,
    { drift } as ProvisioningSettings,
  );
  await runner.run({ environmentId }, signal);
  return commands;
}

it.each([
  ['report', false],
  ['correct', true],
] as const)('%s: what is found is on record, to be corrected: %s', async (drift, correct) => {
  const [command, ...more] = await recorded(drift, found);
  expect(command).toMatchObject({ target: environmentId, data: { ...found, appliesBegun: 1, correct } });
  expect(more).toEqual([]);
});

it('puts nothing on record that differs from another plan than the one that was applied', async () => {
  expect(await recorded('report', { ...found, planHash: 'newer' })).toEqual([]);
});
