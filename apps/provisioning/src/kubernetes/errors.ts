export interface Cause {
  reason?: string;
  message?: string;
  /** `spec.replicas`, or `.spec.replicas` for conflicts. */
  field?: string;
}

/** The API server answered, and it was not a success. */
export class KubernetesApiError extends Error {
  override readonly name = 'KubernetesApiError';
  readonly reason: string;
  readonly causes: Cause[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    /** HTTP status. */
    readonly status: number,
    /** What the request was about, for example `Deployment web in env-abc`. */
    readonly object: string,
    answer: { message: string; reason?: string; causes?: Cause[]; retryAfterSeconds?: number | undefined },
  ) {
    super(answer.message);
    this.reason = answer.reason ?? '';
    this.causes = answer.causes ?? [];
    this.retryAfterSeconds = answer.retryAfterSeconds;
  }
}

/** No answer: refused, reset, not resolved, not trusted, or not in time. */
export class KubernetesUnreachable extends Error {
  override readonly name = 'KubernetesUnreachable';

  constructor(
    readonly server: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`The Kubernetes API server at ${server} cannot be reached: ${why}`, options);
  }
}

/** Nothing was sent: the server has not answered since `since`, and is asked by probes alone until it does. */
export class ClusterAway extends KubernetesUnreachable {
  constructor(
    server: string,
    why: string,
    readonly since: Date,
  ) {
    super(server, why);
  }
}

interface StatusBody {
  kind?: string;
  message?: string;
  reason?: string;
  details?: { causes?: Cause[]; retryAfterSeconds?: number };
}

/** The API server's `Status` answer; undefined for any other text. */
export function parseStatus(text: string): StatusBody | undefined {
  try {
    const body = JSON.parse(text) as StatusBody | null;
    return body?.kind === 'Status' ? body : undefined;
  } catch (error) {
    // "404 page not found" and proxies' pages are plain text.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function apiError(
  status: number,
  object: string,
  text: string,
  retryAfterHeader: string | undefined,
): KubernetesApiError {
  const body = parseStatus(text);
  const seconds = Number(retryAfterHeader ?? body?.details?.retryAfterSeconds);
  return new KubernetesApiError(status, object, {
    message: body?.message ?? (text.trim().slice(0, 500) || `HTTP ${status}`),
    reason: body?.reason ?? '',
    causes: body?.details?.causes ?? [],
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  });
}
