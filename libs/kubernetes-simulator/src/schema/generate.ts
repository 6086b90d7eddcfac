import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { KINDS } from '../kinds.js';

interface Attribute {
  baseName: string;
  type: string;
}

/** Go writes these as quantities; the generated client calls them strings. */
const QUANTITY_MAPS = new Set([
  'limits',
  'requests',
  'hard',
  'used',
  'capacity',
  'allocatable',
  'allocatedResources',
  'default',
  'defaultRequest',
  'max',
  'min',
  'maxLimitRequestRatio',
]);
const QUANTITIES = new Set(['sizeLimit', 'divisor', 'averageValue']);

function shortType(field: string, type: string): string {
  const list = /^Array<(.+)>$/.exec(type);
  if (list?.[1]) return `${shortType(field, list[1])}[]`;
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map?.[1] === 'string' && QUANTITY_MAPS.has(field)) return 'map<quantity>';
  if (map?.[1]) return `map<${shortType(field, map[1])}>`;
  if (type === 'string' && QUANTITIES.has(field)) return 'quantity';
  if (type === 'Date' || type === 'V1MicroTime') return 'time';
  if (type === 'any' || type === 'object') return 'any';
  return type;
}

/**
 * Reads the fields of every type that our kinds reach from the models of `@kubernetes/client-node`, which are generated
 * from the API server's own OpenAPI document. One line per type: `name!:type`, where `!` marks a required field.
 */
export async function generateTypes(): Promise<Record<string, string>> {
  const entry = createRequire(import.meta.url).resolve('@kubernetes/client-node');
  const models = join(dirname(entry), 'gen', 'models');
  const types: Record<string, string> = {};
  const pending = KINDS.map((kind) => kind.type);
  for (let type = pending.pop(); type; type = pending.pop()) {
    if (types[type] !== undefined) continue;
    const module = (await import(pathToFileURL(join(models, `${type}.js`)).href)) as Record<
      string,
      { getAttributeTypeMap(): Attribute[] }
    >;
    const declaration = await readFile(join(models, `${type}.d.ts`), 'utf8');
    const fields = (module[type]?.getAttributeTypeMap() ?? []).map((attribute) => {
      const short = shortType(attribute.baseName, attribute.type);
      const element = /[A-Z]\w*/.exec(short)?.[0];
      if (element && element !== 'IntOrString') pending.push(element);
      return `${attribute.baseName}${new RegExp(`'_?${attribute.baseName}': `).test(declaration) ? '!' : ''}:${short}`;
    });
    types[type] = fields.join(' ');
  }
  return Object.fromEntries(Object.entries(types).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function renderTypes(types: Record<string, string>): string {
  const lines = Object.entries(types).map(([type, fields]) => `  ${type}: '${fields}',`);
  return [
    '// Written by schema/generate.ts from the models of @kubernetes/client-node. Do not edit.',
    'export const TYPES: Record<string, string> = {',
    ...lines,
    '};',
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = process.argv[2];
  if (!target)
    throw new Error('Give the file to write, for example libs/kubernetes-simulator/src/schema/types.generated.ts');
  await writeFile(target, renderTypes(await generateTypes()));
}
