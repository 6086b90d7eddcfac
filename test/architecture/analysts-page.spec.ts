import { globSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getMetadataArgsStorage } from 'typeorm';
import { expect, it } from 'vitest';
import type { Projection } from '#libs/event-sourcing/src/projection.js';

interface View {
  readonly context: string;
  readonly name: string;
  readonly entity: Projection['entity'];
}

/** Every read model of every context: the projections that the tree holds. */
async function views(): Promise<View[]> {
  const found: View[] = [];
  for (const file of globSync('apps/*/src/**/*.projection.ts').toSorted()) {
    const exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
    const context = file.split(sep)[1] ?? '';
    for (const each of Object.values(exported)) {
      if (isProjection(each)) found.push({ context, name: each.name, entity: each.entity });
    }
  }
  return found;
}

function isProjection(value: unknown): value is Projection {
  return typeof value === 'object' && value !== null && 'steps' in value && 'entity' in value;
}

function tableOf({ name, entity }: View): { readonly comment: string | undefined; readonly columns: string[][] } {
  const storage = getMetadataArgsStorage();
  const columns = storage.filterColumns(entity).map(({ propertyName, options }) => {
    const { type } = options;
    return [options.name ?? propertyName, String(type), options.comment ?? ''];
  });
  return { comment: storage.filterTables(entity).find((table) => table.name === name)?.comment, columns };
}

it('every view and every column says what it holds, for analysts', async () => {
  const found = await views();
  expect(found.length).toBeGreaterThan(5);
  const silent = found.flatMap((view) => {
    const { comment, columns } = tableOf(view);
    const without = columns.flatMap(([column = '', , said]) => (said ? [] : [`${view.name}.${column}`]));
    return [...(comment ? [] : [view.name]), ...without];
  });
  expect(silent, 'Give these a `comment` in their entity.').toEqual([]);
});

it('docs/analysts.md lists every view (npm run docs brings it up to date)', async () => {
  const sections = (await views()).flatMap((view) => {
    const { comment, columns } = tableOf(view);
    return [
      `### \`${view.name}\``,
      '',
      `Database \`${view.context}\`. ${comment}`,
      '',
      '| Column | Type | What it holds |',
      '| --- | --- | --- |',
      ...columns.map(([column, type, said]) => `| \`${column}\` | ${type} | ${said} |`),
      '',
    ];
  });
  await expect([introduction, ...sections].join('\n')).toMatchFileSnapshot('../../docs/analysts.md');
});

const introduction = `# Views for analysts

Every context database has a role for people and tools that only read: \`<database>_analyst\`, like \`contract_analyst\`. It may read the views below and nothing else in the database: no tables behind them, no credentials, no checkpoints, no parked events. This page is made from the entities; \`npm run docs\` makes it anew. The same texts stand in the database as comments (\`\\d+ contract_list\` in psql).

## Connecting

- **On your machine** (\`npm start\`, \`npm run demo\`): \`.data/analysts.json\` holds a URL for each database. The file can be read by you only.
- **In production** the app makes the role at its start if it may (its own role has CREATEROLE); otherwise its log says which statement an administrator has to run. The role can log in, but has no password until somebody gives it one (\`\\password contract_analyst\` in psql). People with names of their own are better still: \`create role hanako login in role contract_analyst\`, with the settings below for each.

A session begins read-only, ends a query after 30 s and a transaction that idles after 30 s, because a long query holds up the rebuild of a read model. These are settings, so a session can change them, and an administrator can set others for the role (\`alter role contract_analyst in database contract set statement_timeout = '5min'\`), which stay. What the role may read or write does not depend on them. Ten connections at most are open at a time.

## What to know about the rows

- They follow the event log by a moment, and can be made anew from it at any time; then the view is replaced in one transaction and grants on it stay.
- Columns marked *Personal* hold data of people. After an erasure they hold \`[erased]\`.
- A context never reads another's database; join by the ids, outside.

## The views
`;
