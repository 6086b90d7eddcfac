import { ApiError, badRequest } from '../api-error.js';
import { apiVersionOf, type Kind } from '../kinds.js';
import type { Json, JsonObject, KubernetesObject } from '../objects.js';
import { structOf, type Field } from '../schema/schema.js';
import { itemSegment, printPath } from '../apply/field-set.js';

interface Problem {
  /** `.spec.template.spec.containers[name="web"].imgae`, as server-side apply prints it. */
  typed: string;
  /** `spec.template.spec.containers[0].imgae`, as the strict decoder prints it. */
  plain: string;
  /** undefined: the field is not in the schema. */
  expected?: string;
  got?: string;
  /** Removes an unknown field. */
  drop?: () => void;
}

const SCALARS: Record<string, { accepts: string[]; name: string }> = {
  string: { accepts: ['string'], name: 'string' },
  time: { accepts: ['string'], name: 'string' },
  number: { accepts: ['number'], name: 'numeric (int or float)' },
  boolean: { accepts: ['boolean'], name: 'boolean' },
};

function kindOf(value: Json): string {
  if (Array.isArray(value)) return 'list';
  return value !== null && typeof value === 'object' ? 'map' : typeof value;
}

function visitStruct(type: string, object: JsonObject, typed: string, plain: string, problems: Problem[]): void {
  const struct = structOf(type);
  if (!struct) return;
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined || value === null) continue;
    const here = { typed: `${typed}.${name}`, plain: plain ? `${plain}.${name}` : name };
    const field = struct.get(name);
    if (!field) problems.push({ ...here, drop: () => void delete object[name] });
    else visitField(field, value, here, problems);
  }
}

function visitField(field: Field, value: Json, at: Problem, problems: Problem[]): void {
  const { element, container, merge } = field;
  if (container === 'list') {
    if (!Array.isArray(value)) {
      problems.push({ ...at, expected: 'list', got: kindOf(value) });
      return;
    }
    value.forEach((item, index) => {
      const keyed = typeof merge === 'object' && item !== null && typeof item === 'object' && !Array.isArray(item);
      const typed = `${at.typed}${keyed ? printPath(itemSegment(item, merge.keys)) : `[${index}]`}`;
      visitValue(element, item, { typed, plain: `${at.plain}[${index}]` }, problems);
    });
  } else if (container === 'map') {
    if (kindOf(value) !== 'map') problems.push({ ...at, expected: 'map', got: kindOf(value) });
    else {
      for (const [key, entry] of Object.entries(value as JsonObject)) {
        if (entry === undefined || entry === null) continue;
        visitValue(element, entry, { typed: `${at.typed}.${key}`, plain: `${at.plain}.${key}` }, problems);
      }
    }
  } else visitValue(element, value, at, problems);
}

function visitValue(element: string, value: Json, at: Problem, problems: Problem[]): void {
  const scalar = SCALARS[element];
  const got = kindOf(value);
  if (scalar) {
    if (!scalar.accepts.includes(got)) problems.push({ ...at, expected: scalar.name, got });
  } else if (element === 'quantity' || element === 'IntOrString') {
    if (got !== 'string' && got !== 'number') problems.push({ ...at, expected: 'string', got });
  } else if (structOf(element)) {
    if (got === 'map') visitStruct(element, value as JsonObject, at.typed, at.plain, problems);
    else problems.push({ ...at, expected: 'map', got });
  }
}

function problemsOf(kind: Kind, object: JsonObject): Problem[] {
  const problems: Problem[] = [];
  visitStruct(kind.type, object, '', '', problems);
  return problems;
}

/** Server-side apply answers 500 for a field or type that the schema does not have (kubernetes#122480). */
export function decodeApplied(kind: Kind, object: KubernetesObject): void {
  const texts = problemsOf(kind, object).map(({ typed, expected, got }) =>
    expected ? `${typed}: expected ${expected}, got ${got ?? ''}` : `${typed}: field not declared in schema`,
  );
  if (texts.length === 0) return;
  const { namespace, name } = object.metadata;
  const subject = `${namespace ? `${namespace}/` : '/'}${name}; ${apiVersionOf(kind)}, Kind=${kind.kind}`;
  const list = texts.length === 1 ? texts[0] : `errors:\n${texts.map((text) => `  ${text}`).join('\n')}`;
  throw new ApiError(500, '', `failed to create typed patch object (${subject}): ${list}`);
}

/** Create, update and merge patch: unknown fields are refused, warned of or dropped by `fieldValidation`. */
export function decodeUpdate(kind: Kind, object: JsonObject, fieldValidation: string, warnings: string[]): void {
  const problems = problemsOf(kind, object);
  const wrong = problems.find((problem) => problem.expected);
  if (wrong) {
    const text = `json: cannot unmarshal ${wrong.got ?? ''} into Go struct field ${wrong.plain} of type ${wrong.expected ?? ''}`;
    throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${text}`);
  }
  const unknown = problems.map((problem) => `unknown field "${problem.plain}"`);
  if (unknown.length > 0 && fieldValidation === 'Strict')
    throw badRequest(`strict decoding error: ${unknown.join(', ')}`);
  if (fieldValidation !== 'Ignore') warnings.push(...unknown);
  for (const problem of problems) problem.drop?.();
}
