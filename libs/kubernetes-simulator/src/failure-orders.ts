import { badRequest } from './api-error.js';
import type { Json, JsonObject } from './objects.js';

const statuses = [401, 403, 429, 500, 503, 504] as const;
const imageFailures = ['not_found', 'unauthorized', 'timeout', 'crash', 'out_of_memory'] as const;
const storageReasons = ['FailedBinding', 'ProvisioningFailed'] as const;

/** Requests that are refused. What is left out matches all; `namespace` may end with `*`. */
export interface AnswerFailure {
  status: (typeof statuses)[number];
  method?: string;
  kind?: string;
  namespace?: string;
  message?: string;
  retryAfterSeconds?: number;
  /** How many more requests; all of them when absent. */
  times?: number;
}

export type ImageFailure = (typeof imageFailures)[number];

export interface StorageFailure {
  reason: (typeof storageReasons)[number];
  message: string;
}

export interface FailureOrders {
  answers: AnswerFailure[];
  images: { image: string; fails: ImageFailure }[];
  /** A quota that every namespace of such a name gets. */
  quotas: { namespace: string; hard: Record<string, string> }[];
  /** What claims that are not bound yet say instead of being bound. */
  storage?: StorageFailure;
}

/** Throws 400 that names the first thing that is no order. */
export function readOrders(body: JsonObject): FailureOrders {
  only(body, 'the body', ['answers', 'images', 'quotas', 'storage']);
  const storage = body['storage'];
  return {
    answers: list(body, 'answers').map(answer),
    images: list(body, 'images').map((entry, index) => {
      only(entry, `images[${index}]`, ['image', 'fails']);
      return { image: text(entry, 'image'), fails: oneOf(entry, 'fails', imageFailures) };
    }),
    quotas: list(body, 'quotas').map((entry, index) => {
      only(entry, `quotas[${index}]`, ['namespace', 'hard']);
      return { namespace: text(entry, 'namespace'), hard: quantities(entry) };
    }),
    ...(storage !== undefined && { storage: storageFailure(asObject(storage, 'storage')) }),
  };
}

function answer(entry: JsonObject, index: number): AnswerFailure {
  const texts = ['method', 'kind', 'namespace', 'message'];
  const numbers = ['retryAfterSeconds', 'times'];
  only(entry, `answers[${index}]`, ['status', ...texts, ...numbers]);
  const given = (names: string[]) => names.filter((name) => entry[name] !== undefined);
  return {
    status: oneOf(entry, 'status', statuses),
    ...Object.fromEntries(given(texts).map((name) => [name, text(entry, name)])),
    ...Object.fromEntries(given(numbers).map((name) => [name, count(entry, name)])),
  };
}

function storageFailure(entry: JsonObject): StorageFailure {
  only(entry, 'storage', ['reason', 'message']);
  return { reason: oneOf(entry, 'reason', storageReasons), message: text(entry, 'message') };
}

function quantities(entry: JsonObject): Record<string, string> {
  const hard = asObject(entry['hard'], 'hard');
  return Object.fromEntries(Object.keys(hard).map((name) => [name, text(hard, name)]));
}

function list(body: JsonObject, name: string): JsonObject[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value)) throw badRequest(`${name} must be a list`);
  return value.map((entry, index) => asObject(entry, `${name}[${index}]`));
}

function asObject(value: Json | undefined, name: string): JsonObject {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  throw badRequest(`${name} must be an object`);
}

function only(entry: JsonObject, place: string, known: string[]): void {
  const unknown = Object.keys(entry).find((name) => !known.includes(name));
  if (unknown !== undefined) throw badRequest(`${place} has no field "${unknown}"; there are ${known.join(', ')}`);
}

function text(entry: JsonObject, name: string): string {
  const value = entry[name];
  if (typeof value === 'string' && value !== '') return value;
  throw badRequest(`${name} must be a text that is not empty`);
}

function count(entry: JsonObject, name: string): number {
  const value = entry[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw badRequest(`${name} must be a whole number, 0 or more`);
}

function oneOf<const Choice extends string | number>(
  entry: JsonObject,
  name: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === entry[name]);
  if (found !== undefined) return found;
  throw badRequest(`${name} must be one of ${choices.join(', ')}`);
}
