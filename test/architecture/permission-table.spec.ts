import { expect, it } from 'vitest';
import { permissions } from '#libs/auth/src/permissions.js';
import { roles } from '#libs/events/src/identity.js';

it('docs/permissions.md shows the permission table (npm run docs brings it up to date)', async () => {
  const rows = Object.entries(permissions).map(([permission, held]) => {
    const allowed: readonly string[] = held;
    return `| \`${permission}\` | ${roles.map((role) => (allowed.includes(role) ? 'yes' : '')).join(' | ')} |`;
  });
  const page = [
    '# Permissions',
    '',
    'Which role may do what. Every route names one of these permissions in `docs/openapi.json`; a route that names none does not start. This page is made from `libs/auth/src/permissions.ts`; `npm run docs` makes it anew.',
    '',
    `| Permission | ${roles.join(' | ')} |`,
    `| --- |${' --- |'.repeat(roles.length)}`,
    ...rows,
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/permissions.md');
});
