/** What slugs are unique in: the scope of their reservations. */
export const slugScope = 'environment-slug';

const slugLength = 50;
const externalIdLength = 50;

/** Host names that are ours. */
const ownHosts = new Set(['www', 'api', 'app', 'admin', 'mail', 'status', 'support', 'docs']);

/**
 * Slugs for a company in the order in which they are tried: its name in lower-case ASCII, then `-2`, `-3`, …
 * A name without ASCII letters gives way to the external id.
 */
export function* slugCandidates(companyName: string, externalId: string): Generator<string, never> {
  const name = asciiLabel(companyName);
  const slug = (/[a-z]/.test(name) ? name : asciiLabel(externalId)).slice(0, slugLength).replace(/-+$/, '');
  const base = slug === '' ? 'customer' : slug;
  if (!ownHosts.has(base)) yield base;
  for (let number = 2; ; number++) yield `${base}-${number}`;
}

/** A DNS label that is unique: `env-cust-2025-001-1f2e3d4c`. */
export function namespaceName(externalId: string, environmentId: string): string {
  const id = asciiLabel(externalId).slice(0, externalIdLength).replace(/-+$/, '');
  return ['env', id, environmentId.slice(0, 8)].filter((part) => part !== '').join('-');
}

/** Lower-case letters, digits and single hyphens; accents fall off, everything else parts words. */
function asciiLabel(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
