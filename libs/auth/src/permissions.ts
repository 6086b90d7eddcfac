/** The one permission table: which role may do what. */
import { type Role, roles } from '#libs/events/src/identity.js';
import type { Caller } from '#libs/http/src/request.js';

const everyone: readonly Role[] = roles;

/** COMPLIANCE has every `:read` and `:export`, its own session and erasures, and nothing else. */
export const permissions = {
  'plans:read': everyone,
  'approvals:decide': ['ADMIN', 'MANAGER', 'SALES'],
  'approvals:read': ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'SERVICE'],
  'approvals:request': ['ADMIN', 'MANAGER', 'SALES', 'SERVICE'],
  'contracts:read': everyone,
  'contracts:write': ['ADMIN', 'MANAGER', 'SALES', 'SERVICE'],
  'customers:assign': ['ADMIN', 'MANAGER'],
  'customers:claim': ['ADMIN', 'MANAGER', 'SALES'],
  'customers:delete': ['ADMIN', 'MANAGER'],
  'customers:export': ['ADMIN', 'MANAGER', 'COMPLIANCE'],
  'customers:import': ['ADMIN', 'MANAGER', 'SERVICE'],
  'customers:merge': ['ADMIN', 'MANAGER'],
  'customers:read': ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'SERVICE'],
  'customers:write': ['ADMIN', 'MANAGER', 'SALES', 'SERVICE'],
  'deals:read': ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'SERVICE'],
  'deals:write': ['ADMIN', 'MANAGER', 'SALES', 'SERVICE'],
  'delegations:manage': ['ADMIN', 'MANAGER', 'SALES'],
  'delegations:read': ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'SERVICE'],
  'meetings:read': ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'SERVICE'],
  'meetings:write': ['ADMIN', 'MANAGER', 'SALES', 'SERVICE'],
  'tasks:read': ['ADMIN', 'MANAGER', 'SALES', 'COMPLIANCE', 'SUPPORT', 'SERVICE'],
  'tasks:write': ['ADMIN', 'MANAGER', 'SALES', 'SERVICE'],
  'webhook-sources:read': ['ADMIN', 'MANAGER', 'COMPLIANCE', 'OPERATOR', 'SERVICE'],
  'webhook-sources:manage': ['ADMIN', 'SERVICE'],
  'environments:read': everyone,
  'environments:operate': ['ADMIN', 'OPERATOR'],
  'clusters:read': ['ADMIN', 'COMPLIANCE', 'OPERATOR'],
  'clusters:operate': ['ADMIN', 'OPERATOR'],
  'credential-links:issue': ['SERVICE'],
  'deliveries:read': ['ADMIN', 'MANAGER', 'COMPLIANCE', 'SUPPORT', 'OPERATOR', 'SERVICE'],
  'webhook-endpoints:read': ['ADMIN', 'MANAGER', 'COMPLIANCE', 'OPERATOR', 'SERVICE'],
  'webhook-endpoints:manage': ['ADMIN', 'SERVICE'],
  'webhook-endpoints:operate': ['ADMIN', 'OPERATOR'],
  'policies:read': ['ADMIN', 'COMPLIANCE', 'OPERATOR'],
  'policies:operate': ['ADMIN', 'OPERATOR'],
  'users:read': ['ADMIN', 'MANAGER', 'COMPLIANCE'],
  'users:manage': ['ADMIN'],
  'audit-logs:read': ['ADMIN', 'COMPLIANCE'],
  'api-keys:read': ['ADMIN', 'COMPLIANCE'],
  'api-keys:manage': ['ADMIN'],
  'erasures:read': ['ADMIN', 'COMPLIANCE'],
  'erasures:request': ['ADMIN', 'COMPLIANCE'],
  'own-session:use': everyone,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

/** Whether somebody may do it: a role of theirs has the permission, and the key that they call with is not limited to others. */
export function may({ roles: held, scopes }: Pick<Caller, 'roles' | 'scopes'>, permission: Permission): boolean {
  return isAllowed(held, permission) && (scopes === undefined || scopes.includes(permission));
}

export function isAllowed(held: readonly string[], permission: Permission): boolean {
  const allowed: readonly string[] = permissions[permission];
  return held.some((role) => allowed.includes(role));
}
