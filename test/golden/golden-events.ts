import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { RecordedEvent } from '#libs/event-sourcing/src/event.js';

/** One event as it was stored when its version was current. These files never change: logs hold such events. */
export interface GoldenEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: object;
}

export const goldenEventsFolder = new URL('events/', import.meta.url);

/** The stored event has the fields of its golden file; optional fields may be missing, none may be new. */
export function expectGoldenShape({ type, data, metadata }: RecordedEvent): void {
  const file = new URL(`${type}.v${metadata.schemaVersion}.json`, goldenEventsFolder);
  const golden = JSON.parse(readFileSync(file, 'utf8')) as GoldenEvent;
  const known = new Set(paths(golden.data));
  expect(
    paths(data).filter((path) => !known.has(path)),
    `${type} has fields that its golden file lacks`,
  ).toEqual([]);
}

function paths(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => paths(item, `${prefix}[]`)))];
  if (typeof value !== 'object' || value === null) return [prefix];
  return Object.entries(value).flatMap(([key, item]) => paths(item, `${prefix}.${key}`));
}
