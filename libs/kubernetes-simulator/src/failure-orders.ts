import { badRequest } from './api-error.js';
import type { Json, JsonObject } from './objects.js';

const statuses = [401, 403, 429, 500, 503, 504] as const;
const imageFailures = ['not_found', 'unauthorized', 'timeout', 'crash', 'out_of_memory'] as const;
const storageReasons = ['FailedBinding', 'ProvisioningFailed'] as const;
const quotaStarts = ['Namespace', 'Deployment'] as const;

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

export interface ImageOrder {
  image: string;
  fails: ImageFailure;
}

/** What goes wrong in each namespace to which it is given; all of it stays within that namespace. */
export interface FailureCase {
  name: string;
  /** Of the namespaces, from 0 to 1. */
  share: number;
  answers: Omit<AnswerFailure, 'namespace'>[];
  images: ImageOrder[];
  /** It stands from the first object of a kind on. */
  quota?: { hard: Record<string, string>; from: (typeof quotaStarts)[number] };
}

/** Which namespace is given what depends on the seed and its name alone. */
export interface FailureShares {
  seed: number;
  /** May end with `*`. */
  namespace: string;
  cases: FailureCase[];
}

export interface FailureOrders {
  answers: AnswerFailure[];
  images: ImageOrder[];
  /** A quota that every namespace of such a name gets. */
  quotas: { namespace: string; hard: Record<string, string> }[];
  /** What claims that are not bound yet say instead of being bound. */
  storage?: StorageFailure;
  shares?: FailureShares;
}

/** Throws 400 that names the first thing that is no order. */
export function readOrders(body: JsonObject): FailureOrders {
  only(body, 'the body', ['answers', 'images', 'quotas', 'storage', 'shares']);
  const { storage, shares } = body;
  return {
    answers: list(body, 'answers').map((entry, index) => answer(entry, `answers[${index}]`)),
    images: list(body, 'images').map((entry, index) => image(entry, `images[${index}]`)),
    quotas: list(body, 'quotas').map((entry, index) => {
      only(entry, `quotas[${index}]`, ['namespace', 'hard']);
      return { namespace: text(entry, 'namespace'), hard: quantities(entry) };
    }),
    ...(storage !== undefined && { storage: storageFailure(asObject(storage, 'storage')) }),
    ...(shares !== undefined && { shares: failureShares(asObject(shares, 'shares')) }),
  };
}

function failureShares(entry: JsonObject): FailureShares {
  only(entry, 'shares', ['seed', 'namespace', 'cases']);
  const cases = list(entry, 'cases').map((each, index) => failureCase(each, `cases[${index}]`));
  const whole = cases.reduce((sum, { share }) => sum + share, 0);
  if (whole > 1 + 1e-9) throw badRequest(`the shares of all cases come to ${whole} and may come to 1`);
  return { seed: count(entry, 'seed'), namespace: text(entry, 'namespace'), cases };
}

function failureCase(entry: JsonObject, place: string): FailureCase {
  only(entry, place, ['name', 'share', 'answers', 'images', 'quota']);
  const { share, quota } = entry;
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) throw badRequest('share must be a number from 0 to 1');
  const answers = list(entry, 'answers').map((each, index) => {
    if ('namespace' in each) throw badRequest(`${place}.answers[${index}] is for the namespaces of its case`);
    return answer(each, `${place}.answers[${index}]`);
  });
  const images = list(entry, 'images').map((each, index) => image(each, `${place}.images[${index}]`));
  const name = text(entry, 'name');
  return {
    name,
    share,
    answers,
    images,
    ...(quota !== undefined && { quota: startingQuota(asObject(quota, 'quota')) }),
  };
}

function startingQuota(entry: JsonObject): NonNullable<FailureCase['quota']> {
  only(entry, 'quota', ['hard', 'from']);
  return { hard: quantities(entry), from: oneOf({ from: 'Namespace', ...entry }, 'from', quotaStarts) };
}

function image(entry: JsonObject, place: string): ImageOrder {
  only(entry, place, ['image', 'fails']);
  return { image: text(entry, 'image'), fails: oneOf(entry, 'fails', imageFailures) };
}

function answer(entry: JsonObject, place: string): AnswerFailure {
  const texts = ['method', 'kind', 'namespace', 'message'];
  const numbers = ['retryAfterSeconds', 'times'];
  only(entry, place, ['status', ...texts, ...numbers]);
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
