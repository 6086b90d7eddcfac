import { badRequest } from './api-error.js';
import type { Json, KubernetesObject, LabelSelector } from './objects.js';

type Labels = Record<string, string> | undefined;
export type LabelTest = (labels: Labels) => boolean;

const key = '[A-Za-z0-9._/-]+';
const requirements: [RegExp, (match: string[]) => LabelTest][] = [
  [new RegExp(`^(${key})\\s+in\\s+\\(([^)]*)\\)$`), ([, k = '', v = '']) => isIn(k, split(v))],
  [new RegExp(`^(${key})\\s+notin\\s+\\(([^)]*)\\)$`), ([, k = '', v = '']) => not(isIn(k, split(v)))],
  [new RegExp(`^(${key})\\s*==?\\s*([A-Za-z0-9._-]*)$`), ([, k = '', v = '']) => isIn(k, [v])],
  [new RegExp(`^(${key})\\s*!=\\s*([A-Za-z0-9._-]*)$`), ([, k = '', v = '']) => not(isIn(k, [v]))],
  [new RegExp(`^!\\s*(${key})$`), ([, k = '']) => not(exists(k))],
  [new RegExp(`^(${key})$`), ([, k = '']) => exists(k)],
];

const split = (values: string) => values.split(',').map((value) => value.trim());
const isIn =
  (label: string, values: string[]): LabelTest =>
  (labels) =>
    labels?.[label] !== undefined && values.includes(labels[label]);
const exists =
  (label: string): LabelTest =>
  (labels) =>
    labels?.[label] !== undefined;
const not =
  (test: LabelTest): LabelTest =>
  (labels) =>
    !test(labels);

/** The `labelSelector` query parameter: equality and set based requirements. */
export function parseLabelSelector(text: string): LabelTest {
  const tests = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      for (const [pattern, build] of requirements) {
        const match = pattern.exec(part);
        if (match) return build([...match]);
      }
      throw badRequest(`unable to parse requirement: found '${part}' in labelSelector`);
    });
  return (labels) => tests.every((test) => test(labels));
}

/** The `fieldSelector` query parameter: `path=value` and `path!=value` on any field. */
export function parseFieldSelector(text: string): (object: KubernetesObject) => boolean {
  const tests = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([\w.]+)(!?)==?(.*)$/.exec(part);
      if (!match) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      const [, path = '', negated, value] = match;
      return (object: KubernetesObject) => (fieldAt(object, path) === value) !== (negated === '!');
    });
  return (object) => tests.every((test) => test(object));
}

function fieldAt(object: KubernetesObject, path: string): string {
  let value: Json | undefined = object;
  for (const part of path.split('.')) {
    value = value !== null && typeof value === 'object' && !Array.isArray(value) ? value[part] : undefined;
  }
  return typeof value === 'string' ? value : '';
}

/** A selector inside an object. An absent or empty one matches everything, as the API server's does. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([name, value]) => labels?.[name] === value);
  return (
    equal &&
    (selector?.matchExpressions ?? []).every(({ key: name, operator, values = [] }) => {
      if (operator === 'In') return isIn(name, values)(labels);
      if (operator === 'NotIn') return !isIn(name, values)(labels);
      return exists(name)(labels) === (operator === 'Exists');
    })
  );
}
