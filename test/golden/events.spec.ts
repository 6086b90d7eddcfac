import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EventSchemas } from '#libs/event-sourcing/src/event-schemas.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { eventUpcasters } from '#libs/events/src/upcasters.js';
import { recorded } from '#libs/testing/src/given.js';
import { type GoldenEvent, goldenEventsFolder } from './golden-events.js';

const files = readdirSync(goldenEventsFolder);
const schemas = new EventSchemas(eventCatalogue, eventUpcasters);

describe('golden events', () => {
  it('stand for every version of every published event, and for nothing else', () => {
    const expected = Object.entries(eventCatalogue).flatMap(([type, { version }]) =>
      Array.from({ length: version }, (_, index) => `${type}.v${index + 1}.json`),
    );
    expect(files.toSorted()).toEqual(expected.toSorted());
  });

  it.each(files)('%s can be read by this program', (file) => {
    const golden = JSON.parse(readFileSync(new URL(file, goldenEventsFolder), 'utf8')) as GoldenEvent;
    expect(file).toBe(`${golden.type}.v${golden.schemaVersion}.json`);
    const [stored] = recorded([{ type: golden.type, data: golden.data }], { schemaVersion: golden.schemaVersion });
    const current = schemas.current(stored!);
    expect(current.metadata.schemaVersion).toBe(eventCatalogue[golden.type]?.version);
    for (const path of eventCatalogue[golden.type]?.personal ?? []) {
      expect(at(current.data, path), `${path} is marked personal and must be a text`).toBeTypeOf('string');
    }
  });
});

function at(data: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], data);
}
