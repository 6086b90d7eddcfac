import { expect, it } from 'vitest';
import { eventCatalogue } from '#libs/events/src/catalogue.js';

it('docs/events.md lists the events as the code has them (npm run docs brings it up to date)', async () => {
  const rows = Object.entries(eventCatalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, { version, description, personal = [] }]) => {
      const fields = personal.map((path) => `\`${path}\``).join(', ');
      return `| \`${type}\` | ${version} | ${description} | ${fields} |`;
    });
  const page = [
    '# Events',
    '',
    'Every event type that the log may hold. This page is made from `libs/events`; `npm run docs` makes it anew.',
    '',
    '| Type | Version | What happened | Personal fields |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/events.md');
});
