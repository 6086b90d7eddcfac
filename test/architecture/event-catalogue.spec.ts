import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fieldOf } from '#libs/event-sourcing/src/fields.js';
import { eventCatalogue } from '#libs/events/src/catalogue.js';
import { subjectKinds } from '#libs/events/src/subject.js';
import { type GoldenEvent, goldenEventsFolder } from '../golden/golden-events.js';

it('docs/events.md lists the events as the code has them (npm run docs brings it up to date)', async () => {
  const rows = Object.entries(eventCatalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, { version, description, personal = [], subject }]) => {
      const fields = personal.map((path) => `\`${path}\``).join(', ');
      const subjects = subject ? [subject, ...(subject.otherwise ? [subject.otherwise] : [])] : [];
      const whose = subjects.map(({ kind, id }) => `\`${kind}:<${id}>\``).join(', else ');
      return `| \`${type}\` | ${version} | ${description} | ${fields} | ${whose} |`;
    });
  const page = [
    '# Events',
    '',
    'Every event type that the log may hold. This page is made from `libs/events`; `npm run docs` makes it anew.',
    'Personal fields are sealed in the log with the key of their subject ([personal data](personal-data.md)).',
    '',
    '| Type | Version | What happened | Personal fields | Subject |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/events.md');
});

const personal = Object.entries(eventCatalogue).filter(([, definition]) => definition.personal ?? definition.subject);

it.each(personal)('%s says whom its personal fields tell of', (type, { version, personal: fields, subject }) => {
  expect(fields, 'no field is personal').not.toEqual([]);
  expect(subjectKinds).toContain(subject?.kind);
  const golden = JSON.parse(
    readFileSync(new URL(`${type}.v${version}.json`, goldenEventsFolder), 'utf8'),
  ) as GoldenEvent;
  expect(fieldOf(golden.data, subject?.id ?? ''), `${subject?.id} does not name the subject`).toMatch(/./);
});
