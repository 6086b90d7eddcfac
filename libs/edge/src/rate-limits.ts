/** How many requests each kind of caller may send, and who shares a count. */
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { type EnvVariable, readEnv } from '#libs/http/src/env.js';
import { type Caller, isReading, pathOf, publishedByIdentity } from '#libs/http/src/request.js';

export interface RateLimit {
  /** Requests in one window. */
  readonly max: number;
  readonly windowMs: number;
}

const quarterMs = 15 * 60_000;

/** By kind of caller; what has no limit is not here. */
export type RateLimits = Readonly<Partial<Record<CallerKind, RateLimit>>>;

export type CallerKind = 'anonymous' | 'forged' | 'session' | 'webhook' | 'person' | 'machine' | 'stream';

const defaults: Readonly<Record<CallerKind, RateLimit>> = {
  /** Without a valid token, by address. */
  anonymous: { max: 100, windowMs: quarterMs },
  /** Tokens and keys that do not hold, expired ones too, by address: beyond it only those found good before hold. */
  forged: { max: 1_000, windowMs: quarterMs },
  /** Renewing a token, by address: a whole office renews every 15 minutes from one. */
  session: { max: 2_000, windowMs: quarterMs },
  /** Whoever sends signed webhooks, by address. */
  webhook: { max: 60_000, windowMs: 60_000 },
  person: { max: 6_000, windowMs: quarterMs },
  machine: { max: 60_000, windowMs: 60_000 },
  /** Opening an event stream; how many stay open at once is another limit. */
  stream: { max: 600, windowMs: quarterMs },
};

/** `RATE_LIMIT_ANONYMOUS=100/15m` and so on. Throws an EnvError for what can't be read. */
export function readRateLimits(env: NodeJS.ProcessEnv = process.env): RateLimits {
  const entries = Object.entries(defaults).map(([kind, fallback]) => {
    const name = `RATE_LIMIT_${kind.toUpperCase()}`;
    return [kind, readEnv({ [name]: rateLimit(fallback) }, env)[name]] as const;
  });
  return Object.fromEntries(entries.filter(([, limit]) => limit !== 'unlimited'));
}

function rateLimit(value: RateLimit): EnvVariable<RateLimit | 'unlimited'> {
  return {
    expected: 'requests in a time, like 100/15m (s, m or h), or unlimited',
    fallback: { value },
    parse(text) {
      if (text === 'unlimited') return text;
      const [, max, count, unit] = /^(\d{1,9})\/(\d{1,4})([smh])$/.exec(text) ?? [];
      const windowMs = Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[(unit ?? 's') as 's' | 'm' | 'h'];
      return Number(max) > 0 && windowMs > 0 ? { max: Number(max), windowMs } : undefined;
    },
  };
}

export interface CountedAs {
  readonly kind: CallerKind;
  /** Requests with the same key are counted together. */
  readonly key: string;
}

const notCounted = /^\/(health|ready|metrics|docs)(\/|$)/;
const renewals: ReadonlySet<string> = new Set(['/api/auth/refresh', '/api/auth/token']);

type CountedRequest = Pick<FastifyRequest, 'method' | 'url' | 'ip' | 'headers'>;

/**
 * Undefined for what everybody needs at any time: probes, the documentation, and the keys that tokens are checked
 * with. Routed paths, so under `/api`.
 */
export function countedAs(request: CountedRequest, caller?: Caller): CountedAs | undefined {
  const path = pathOf(request.url);
  if (notCounted.test(path) || (isReading(request) && publishedByIdentity.has(path))) return undefined;
  const address = normalizeIP(request.ip);
  if (path.startsWith('/api/webhooks/')) return counted('webhook', address);
  if (renewals.has(path)) return isThisMachine(request) ? undefined : counted('session', address);
  if (!caller) return counted('anonymous', address);
  if (path.endsWith('/events')) return counted('stream', caller.id);
  return counted(isMachine(caller) ? 'machine' : 'person', caller.id);
}

/** Who showed a token that is not known to hold. */
export function forgedBy({ ip }: Pick<FastifyRequest, 'ip'>): CountedAs {
  return counted('forged', normalizeIP(ip));
}

/** Contexts of this machine get their tokens here: nobody from outside may use up what they need. */
function isThisMachine({ ip, headers }: CountedRequest): boolean {
  return (ip === '::1' || /^(::ffff:)?127\./.test(ip)) && headers['x-forwarded-for'] === undefined;
}

function isMachine({ role, apiKeyId }: Caller): boolean {
  return role === 'SERVICE' || apiKeyId !== undefined;
}

function counted(kind: CallerKind, whom: string): CountedAs {
  return { kind, key: `${kind}:${whom}` };
}
