import { quantityValue } from './quantity.js';
import { storageBytes } from './storage.js';

type Check = (value: unknown, path: string) => string[];

const cpu = /^(\d+m|\d+(\.\d{1,3})?)$/;
const memory = /^\d+(Mi|Gi)$/;
/** Pinned by a tag, by a digest, or by both: then the digest counts and the tag is for people. */
const image =
  /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+(:[A-Za-z0-9_][A-Za-z0-9._-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/;
const key = /^[a-z][a-z0-9-]{0,62}$/;

const maxRetentionDays = 3650;

const subnet = /^subnet-[0-9a-z]{4,32}$/;
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const instanceType = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

const localised = object({ ja: text(), en: text() });

const plan = object({
  name: localised,
  storage: all(
    object({ default: matching(isStorage, '"500GB" or "1TB"'), max: matching(isStorage, '"500GB" or "1TB"') }),
    ordered('default', 'max', (value) => storageBytes(value as string)),
  ),
  users: all(
    object({ default: positive, max: positive }),
    ordered('default', 'max', (value) => value as number),
  ),
  price: object({ currency: only('JPY'), month: amount, gigabyteMonth: amount, userMonth: amount }),
  onTermination: object({ export: flag, retentionDays: wholeNumber(0, maxRetentionDays) }),
  resources: object({
    replicas: all(
      object({ min: positive, max: positive }),
      ordered('min', 'max', (value) => value as number),
    ),
    cpu: all(
      object({
        request: matching((value) => cpu.test(value), '"250m" or "1"'),
        limit: matching((value) => cpu.test(value), '"250m" or "1"'),
      }),
      ordered('request', 'limit', (value) => quantityValue(value as string)),
    ),
    memory: all(
      object({
        request: matching((value) => memory.test(value), '"512Mi" or "1Gi"'),
        limit: matching((value) => memory.test(value), '"512Mi" or "1Gi"'),
      }),
      ordered('request', 'limit', (value) => quantityValue(value as string)),
    ),
  }),
  images: list(matching((value) => image.test(value) && !value.endsWith(':latest'), '"registry.example/app:2.4.1"')),
  dedicatedCluster: optional(
    object({
      provider: only('aws-eks'),
      subnetIds: record(
        list(
          matching((value) => subnet.test(value), '"subnet-0a1b2c3d"'),
          2,
        ),
      ),
      roleArn: optional(matching((value) => roleArn.test(value), '"arn:aws:iam::123456789012:role/clusters"')),
      nodes: all(
        object({
          instanceType: matching((value) => instanceType.test(value), '"m6i.large"'),
          min: positive,
          max: positive,
        }),
        ordered('min', 'max', (value) => value as number),
      ),
    }),
  ),
});

const catalogue = object({ plans: record(plan), regions: record(localised) });

/** One line per mistake in a catalogue, none when it can be used. */
export function catalogueMistakes(content: unknown): readonly string[] {
  return catalogue(content, '');
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isObject(value)) return [`${path || '/'} must be an object with ${Object.keys(fields).join(', ')}.`];
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
    return [
      ...unknown.map((name) => `${path}/${name} is unknown. Remove it or correct its name.`),
      ...Object.entries(fields).flatMap(([name, check]) => check(value[name], `${path}/${name}`)),
    ];
  };
}

function record(check: Check): Check {
  return (value, path) => {
    if (!isObject(value) || Object.keys(value).length === 0)
      return [`${path} must be an object with one entry or more.`];
    return Object.entries(value).flatMap(([name, entry]) => [
      ...(key.test(name) ? [] : [`${path}/${name} is no key. Use small letters, digits and hyphens.`]),
      ...check(entry, `${path}/${name}`),
    ]);
  };
}

function optional(check: Check): Check {
  return (value, path) => (value === undefined ? [] : check(value, path));
}

function list(check: Check, least: 1 | 2 = 1): Check {
  return (value, path) =>
    Array.isArray(value) && value.length >= least
      ? value.flatMap((entry: unknown, index) => check(entry, `${path}/${index}`))
      : [`${path} must be a list with ${least === 1 ? 'one entry' : 'two entries'} or more.`];
}

function text(): Check {
  return (value, path) =>
    typeof value === 'string' && value.trim() !== '' ? [] : [`${path} must be a text that is not empty.`];
}

function matching(fits: (value: string) => boolean, example: string): Check {
  return (value, path) => (typeof value === 'string' && fits(value) ? [] : [`${path} must be like ${example}.`]);
}

function positive(value: unknown, path: string): string[] {
  return Number.isSafeInteger(value) && (value as number) > 0 ? [] : [`${path} must be a whole number above 0.`];
}

/** In whole yen: the currency has no smaller unit. */
function amount(value: unknown, path: string): string[] {
  return wholeNumber(0, 1_000_000_000)(value, path);
}

function wholeNumber(min: number, max: number): Check {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? []
      : [`${path} must be a whole number from ${min} to ${max}.`];
}

function flag(value: unknown, path: string): string[] {
  return typeof value === 'boolean' ? [] : [`${path} must be true or false.`];
}

function only(expected: string): Check {
  return (value, path) => (value === expected ? [] : [`${path} must be "${expected}".`]);
}

/** Runs the later checks only on what passed the earlier ones. */
function all(...checks: readonly Check[]): Check {
  return (value, path) => {
    for (const check of checks) {
      const mistakes = check(value, path);
      if (mistakes.length > 0) return mistakes;
    }
    return [];
  };
}

function ordered(low: string, high: string, amount: (value: unknown) => number | undefined): Check {
  return (value, path) => {
    const fields = value as Record<string, unknown>;
    const fits = (amount(fields[low]) ?? 0) <= (amount(fields[high]) ?? 0);
    return fits ? [] : [`${path}/${low} is above ${path}/${high}.`];
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStorage(value: string): boolean {
  return storageBytes(value) !== undefined;
}
