import { expect, it } from 'vitest';
import { isAllowed, may, permissions, type Permission } from './permissions.js';

const names = Object.keys(permissions) as Permission[];

it('lets COMPLIANCE read and export everything and write nothing but requests for erasures', () => {
  const own: readonly Permission[] = ['own-session:use', 'erasures:request'];
  const held = names.filter((name) => isAllowed(['COMPLIANCE'], name));
  expect(held).toEqual(names.filter((name) => /:(read|export)$/.test(name) || own.includes(name)));
});

it('lets an administrator do all that people do', () => {
  const machinesOnly: Permission[] = ['credential-links:issue'];
  expect(names.filter((name) => !isAllowed(['ADMIN'], name))).toEqual(machinesOnly);
});

it('grants what any of the roles grants, and nothing for none', () => {
  expect(isAllowed(['SUPPORT', 'OPERATOR'], 'environments:operate')).toBe(true);
  expect(isAllowed(['SUPPORT'], 'environments:operate')).toBe(false);
  expect(isAllowed([], 'contracts:read')).toBe(false);
});

it('limits a key to its scopes, whatever its role may do', () => {
  const key = { roles: ['ADMIN'], scopes: ['own-session:use'] };
  expect(may(key, 'own-session:use')).toBe(true);
  expect(may(key, 'users:manage')).toBe(false);
  expect(may({ roles: ['ADMIN'] }, 'users:manage')).toBe(true);
  expect(may({ roles: ['SALES'], scopes: ['users:manage'] }, 'users:manage')).toBe(false);
});
