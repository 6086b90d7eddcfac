/** Sends every operation of the OpenAPI document as everybody, and compares who is let in with the permission table. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { type Permission, permissions } from '#libs/auth/src/permissions.js';
import { type Role, roles } from '#libs/events/src/identity.js';
import type { TestApp } from '#libs/testing/src/test-app.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

export interface DocumentedOperation {
  readonly method: (typeof methods)[number];
  readonly path: string;
  /** Undefined where anybody may call. */
  readonly permission: Permission | undefined;
  readonly operation: Operation;
}

export function operationsOf({ paths }: Pick<OpenAPIObject, 'paths'>): DocumentedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      const { 'x-permission': permission } = operation as { 'x-permission'?: Permission };
      return [{ method, path, permission, operation }];
    }),
  );
}

/** `GET /api/contracts as SALES: 403 permission_denied, must be let in`, for each answer that the table does not say. */
export async function wronglyAnswered(app: TestApp, operations: readonly DocumentedOperation[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const each of operations) {
    const answers = await Promise.all(
      ([undefined, ...roles] as const).map(async (role) => ({ role, refused: await refusal(app, each, role) })),
    );
    for (const { role, refused } of answers) {
      const expected = expectedRefusal(each.permission, role);
      if (refused === expected) continue;
      const who = role ?? 'nobody';
      wrong.push(
        `${each.method.toUpperCase()} ${each.path} as ${who}: ${refused ?? 'let in'}, must be ${expected ?? 'let in'}`,
      );
    }
  }
  return wrong;
}

function expectedRefusal(permission: Permission | undefined, role: Role | undefined): string | undefined {
  if (permission === undefined) return undefined;
  if (role === undefined) return '401 unauthenticated';
  const allowed: readonly Role[] = permissions[permission];
  return allowed.includes(role) ? undefined : '403 permission_denied';
}

/**
 * How access is refused; undefined for any other answer. What is sent is meant for nothing that exists, so whoever is
 * let in is told that, and nothing changes.
 */
async function refusal(app: TestApp, each: DocumentedOperation, role: Role | undefined): Promise<string | undefined> {
  const { method, path, operation } = each;
  const headers = {
    ...(role && { authorization: `Bearer ${app.token({ roles: [role], sub: `walk-${role.toLowerCase()}` })}` }),
    ...(method !== 'get' && method !== 'delete' && { 'content-type': 'application/json' }),
  };
  const answer = await fetch(app.url + filled(path, operation), {
    method: method.toUpperCase(),
    headers,
    ...('content-type' in headers && { body: '{}' }),
  });
  const problem = answer.headers.get('content-type')?.startsWith('application/problem+json');
  if (!problem) {
    // An event stream has no end.
    await answer.body?.cancel();
    return undefined;
  }
  const { code } = (await answer.json()) as { code: string };
  return code === 'unauthenticated' || code === 'permission_denied' ? `${answer.status} ${code}` : undefined;
}

const nobody = '00000000-0000-4000-8000-000000000000';

function filled(path: string, { parameters = [] }: Operation): string {
  return path.replace(/\{(\w+)\}/g, (_placeholder, name: string) => {
    const parameter = parameters.find((each) => 'name' in each && each.name === name);
    const schema = parameter && 'schema' in parameter ? parameter.schema : undefined;
    if (!schema || '$ref' in schema) return nobody;
    if (schema.enum?.[0] !== undefined) return String(schema.enum[0]);
    return schema.type === 'integer' || schema.type === 'number' ? '1' : nobody;
  });
}
