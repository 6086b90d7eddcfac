/** Builds what every command carries from the request that caused it. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { v5, v7 } from 'uuid';
import type { CommandContext } from '#libs/event-sourcing/src/command.js';
import { derivedKey } from '#libs/secrets/src/derived-key.js';
import { readEnv, secretKey } from './env.js';
import { parseIfMatch } from './etag.js';
import { httpProblem } from './http-problems.js';
import { type ApiRequest, pathOf } from './request.js';

/** Parameter decorator: `sign(@Context() context: CommandContext)`. */
export const Context = createParamDecorator((_data: unknown, host: ExecutionContext) =>
  commandContext(host.switchToHttp().getRequest<ApiRequest>()),
);

/** Namespace of command ids; never change it, stored receipts depend on it. */
const commandIds = '5b0d7c2e-5a5e-5b53-9a46-0d1c4f0f9c11';
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * `If-Match: *` sets no expected revision: a command to something that does not exist is refused anyway.
 * Throws a 400 problem when `If-Match` or `Idempotency-Key` is malformed.
 */
export function commandContext(request: ApiRequest): CommandContext {
  const { principal } = request;
  // People who are not signed in share no id space: their address keeps their keys apart.
  const caller = principal?.id ?? `anonymous:${request.ip}`;
  const key = idempotencyKey(request.headers['idempotency-key']);
  const expected = parseIfMatch(request.headers['if-match']);
  const traceparent = request.headers['traceparent'];
  const path = pathOf(request.url);
  return {
    commandId: key === undefined ? v7() : v5(JSON.stringify([caller, request.method, path, key]), commandIds),
    fingerprint: fingerprint(request.method, path, request.rawBody),
    actor: { id: principal?.id ?? 'anonymous', role: principal?.role ?? 'ANONYMOUS', ip: request.ip },
    correlationId: request.id,
    occurredAt: new Date().toISOString(),
    ...(typeof expected === 'number' && { expectedRevision: expected }),
    ...(typeof traceparent === 'string' && traceparentForm.test(traceparent) && { traceparent }),
  };
}

function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw httpProblem('malformed_idempotency_key');
}

/** Keyed, because a body may hold personal data and a plain hash of it could be guessed. base64url. */
export function fingerprint(method: string, path: string, body: Buffer | undefined): string {
  const hmac = createHmac('sha256', fingerprintKey());
  hmac.update(`${method} ${path}\n`);
  if (body) hmac.update(body);
  return hmac.digest('base64url');
}

/** A key object: Node would make one from a buffer for each request. */
let cached: { source: string | undefined; key: KeyObject } | undefined;

function fingerprintKey(): KeyObject {
  const source = process.env['ENCRYPTION_KEY'];
  if (!cached || cached.source !== source) {
    const { ENCRYPTION_KEY } = readEnv({ ENCRYPTION_KEY: secretKey() });
    cached = { source, key: createSecretKey(derivedKey(ENCRYPTION_KEY, 'request fingerprint')) };
  }
  return cached.key;
}
